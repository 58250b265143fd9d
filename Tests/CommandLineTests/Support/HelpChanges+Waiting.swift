extension HelpChanges {
    /// Commands wait for a cluster whose nodes go and come.
    static let waiting = [
        (
            "[--kafka-config <kafka-config>] [--topic-prefix <topic-prefix>]",
            "[--kafka-config <kafka-config>] [--topic-prefix <topic-prefix>] [--wait <wait>]"
        ),
        // With one more option the usage of head rollback is too long to name them.
        (
            "head rollback [--brokers <brokers>] [-X <X> ...] [--kafka-config <kafka-config>] "
                + "[--topic-prefix <topic-prefix>] [--wait <wait>] [--stream <stream>] "
                + "[--partitions <partitions>] [--require <require>] [--ignore <ignore> ...] "
                + "[--deadline <deadline>] [--no-wait] [--json] [--to <to>]",
            "head rollback <options>"
        ),
        (
            """
                                      A file of librdkafka properties, name=value lines, #
                                      comments.
              --topic-prefix <topic-prefix>
                                      What every topic name begins with. (default:
                                      hashiflex)

            """,
            """
                                      A file of librdkafka properties, name=value lines, #
                                      comments.
              --topic-prefix <topic-prefix>
                                      What every topic name begins with. (default:
                                      hashiflex)
              --wait <wait>           How long to ask again at the start while nodes of the
                                      broker go and come, seconds.
                    Default: 60; 10 where no node has answered yet, since the address may
                    be wrong. 0 asks once. What is read may keep silent for as long, 30
                    unless stated and at least 3; then its leader is asked, and the command
                    ends if that one does not answer.

            """
        ),
        (
            """
            The embedded broker makes its own topics when it starts: there, this only
            checks them.
            """,
            """
            Returns when every node knows every topic and its leaders, or says which does
            not when the time of --wait is up. The embedded broker makes its own topics
            when it starts: there, this only checks them.
            """
        ),
        (
            """
              --name <name>           Name of the coordinator, for people. Default: host
                                      and process id.
            """,
            """
              --name <name>           Name of the coordinator. Default: host and process id.
                    A coordinator that is started again under its own name leads again at
                    once; only one may have a name. Without one, and for all others, it
                    takes until the group has forgotten the dead one, 8 s at most.
            """
        ),
        // When another coordinator leads.
        (
            """
            Run one, or several: one leads, the others stand by. It keeps no files; killing
            it stops no worker and loses nothing, the next one goes on from the topics.
            """,
            """
            Run one, or several: one leads, the others stand by, and within 8 s of its last
            sign one of them leads. It keeps no files; killing it stops no worker and loses
            nothing, the next one goes on from the topics.
            """
        ),
        // What doctor says of what it could not know.
        (
            """
            On a broker with users also which roles this one may play: each right is tried,
            and nothing is written. With --data also how the pictures of a source fare: how
            many are stretched, or carry an EXIF orientation that is ignored.

            USAGE: hashiflex doctor
            """,
            """
            Every node of the cluster is asked by itself. A line begins with ok, with BAD,
            or with ??? for what could not be known; BAD alone makes the exit code 1. On a
            broker with users also which roles this one may play: each right is tried, and
            nothing is written. With --data also how the pictures of a source fare: how
            many are stretched, or carry an EXIF orientation that is ignored.

            USAGE: hashiflex doctor
            """
        ),
        // A measurement on a broker of one's own.
        (
            "efficiency is the median of the ratios pair by pair.",
            """
            efficiency is the median of the ratios pair by pair. With --brokers the broker
            is a real one, and its topics are new ones that are of no use afterwards.
            """
        ),
        (
            "                          Partitions of the topics. (default: 16)\n",
            """
                                      Partitions of the topics. (default: 16)
              --brokers <brokers>     A broker to measure with, host:port; topics create
                                      makes the topics.
                    Default: an embedded broker, started for the measurement.
              --topic-prefix <topic-prefix>
                                      What the names of the topics there begin with.
                                      (default: hashiflex)

            """
        ),
    ]
}
