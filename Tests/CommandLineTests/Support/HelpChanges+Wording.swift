extension HelpChanges {
    /// What was said wrongly, or not in full.
    static let wording = [
        // The root: every exit code, and who takes no options of the connection.
        (
            """
            Exit codes: 0 done; 1 what was checked is not so; 64 wrong usage; 65 unusable
            input; 69 broker unreachable or topic missing; 70 internal error; 74 output can
            not be written; 75 not done in time; 76 refused.
            """,
            """
            Exit codes: 0 done; 1 what was checked is not so; 64 wrong usage; 65 unusable
            input; 66 the file of --kafka-config can not be read; 69 broker unreachable,
            topic or right missing; 70 internal error; 74 output can not be written; 75 not
            done in time; 76 refused.
            """
        ),
        (
            """
            running `hashiflex broker`), -X property=value, --kafka-config FILE and
            HASHIFLEX_KAFKA_* variables.
            """,
            """
            running `hashiflex broker`), -X property=value, --kafka-config FILE and
            HASHIFLEX_KAFKA_* variables; not demo, nor bench pipeline, which takes a plain
            address at most.
            """
        ),
        // doctor: what is not tried; worker: when a second signal counts.
        (
            """
            broker with users also which roles this one may play: each right is tried, and
            nothing is written. With --data also how the pictures of a source fare: how
            many are stretched, or carry an EXIF orientation that is ignored.
            """,
            """
            broker with users also which roles this one may play: each right is tried but
            Write on transactional ids, and nothing is written. With --data also how the
            pictures of a source fare: how many are stretched, or carry an EXIF orientation
            that is ignored.
            """
        ),
        (
            """
            SIGTERM and SIGINT let it finish and commit what it took; a second signal ends
            it at once. Killing it loses nothing: its shards go to another worker, which
            writes the same bytes.
            """,
            """
            SIGTERM and SIGINT let it finish and commit what it took; a further one, 2 s or
            more later, ends it at once. Killing it loses nothing: its shards go to another
            worker, which writes the same bytes.
            """
        ),
        // evaluate and report: the tiers that there are.
        (
            """
              --isa <isa>             Instruction-set tier: scalar, avx2 or avx512vnni. All
                                      give the same bytes.

            """,
            """
              --isa <isa>             Instruction-set tier: scalar, avx2, avx512vnni or
                                      neondot.
                    Default: HASHIFLEX_ISA, else the best this CPU has. All give the same
                    bytes.

            """
        ),
    ]
}
