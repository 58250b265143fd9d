internal import CRDKafka

extension KafkaError {
    /// The codes this project takes decisions on.
    public enum Code {
        /// The end of a partition was reached (comes as an event, not as an error).
        public static let partitionEnd = RD_KAFKA_RESP_ERR__PARTITION_EOF.rawValue

        /// No broker can be reached; the client keeps trying.
        public static let allBrokersDown = RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue

        /// A connection could not be made, or broke.
        public static let transport = RD_KAFKA_RESP_ERR__TRANSPORT.rawValue

        /// There was no answer in time.
        public static let timedOut = RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue

        /// A message could not be delivered in its time.
        public static let messageTimedOut = RD_KAFKA_RESP_ERR__MSG_TIMED_OUT.rawValue

        /// The producer holds as much as it may: take deliveries, then repeat.
        public static let queueFull = RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue

        /// An argument or a setting is refused.
        public static let invalidArgument = RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue

        /// The call does not fit the state of the client.
        public static let wrongState = RD_KAFKA_RESP_ERR__STATE.rawValue

        /// Another call of the client is still under way, and this one cannot be made beside it.
        public static let conflict = RD_KAFKA_RESP_ERR__CONFLICT.rawValue
        /// The transaction before is still being ended.
        public static let concurrentTransactions = RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS.rawValue

        /// The topic is known but has no such partition.
        public static let unknownPartition = RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION.rawValue

        /// The message was given up before it was sent.
        public static let purgedFromQueue = RD_KAFKA_RESP_ERR__PURGE_QUEUE.rawValue

        /// The message was given up on its way: it may be in the log or not.
        public static let purgedInFlight = RD_KAFKA_RESP_ERR__PURGE_INFLIGHT.rawValue

        /// The consumer was not polled for so long that the group took its partitions away.
        public static let maxPollExceeded = RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED.rawValue

        /// The partitions belong to others by now.
        public static let assignmentLost = RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST.rawValue

        /// There is no usable offset to start from, and none may be made up.
        public static let noOffsetToResetTo = RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET.rawValue

        /// There was nothing to commit.
        public static let noOffset = RD_KAFKA_RESP_ERR__NO_OFFSET.rawValue

        /// The client is of no further use; its `fatalError` says why.
        public static let fatal = RD_KAFKA_RESP_ERR__FATAL.rawValue

        /// A newer client has taken this one's name.
        public static let fenced = RD_KAFKA_RESP_ERR__FENCED.rawValue

        /// The broker does not know the topic or partition.
        public static let unknownTopicOrPartition = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART.rawValue

        /// The topic or partition has no leader now: it is being elected.
        public static let leaderNotAvailable = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE.rawValue

        /// The broker allows no such session timeout.
        public static let invalidSessionTimeout = RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT.rawValue

        /// The message is larger than the producer or the topic allows.
        public static let messageTooLarge = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE.rawValue

        /// The broker no longer leads the partition; the client finds the new leader by itself.
        public static let notLeader = RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION.rawValue

        /// The group has been rebalanced since.
        public static let illegalGeneration = RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION.rawValue

        /// The group does not know this member any more.
        public static let unknownMember = RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID.rawValue

        /// The group is being rebalanced.
        public static let rebalanceInProgress = RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS.rawValue

        /// The group has given this member up (Kafka 4). Old libraries have no name for it.
        public static let fencedMemberEpoch: Int32 = 110

        /// The group counts this member's assignments further than the client has heard (Kafka 4): ask again.
        public static let staleMemberEpoch: Int32 = 113

        /// A topic of this name exists.
        public static let topicAlreadyExists = RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS.rawValue

        /// The broker knows no such number of acknowledgements; it says so after it has looked at the rights.
        public static let invalidRequiredAcks = RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS.rawValue

        /// Another member has come under this one's stable name.
        public static let fencedInstance = RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID.rawValue

        /// The broker counts this producer's transactions further than the producer itself.
        public static let invalidProducerEpoch = RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH.rawValue

        /// A newer producer has taken this one's transactional name.
        public static let producerFenced = RD_KAFKA_RESP_ERR_PRODUCER_FENCED.rawValue

        /// The broker misses records of an idempotent producer before those that came.
        public static let outOfOrderSequence = RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER.rawValue
    }
}
