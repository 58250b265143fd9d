extension HelpChanges {
    /// How a cut-over is asked for, waited for and given up.
    static let heads = [
        (
            "  rollback                Switch back to an earlier head, by the same protocol.\n",
            """
              rollback                Switch back to an earlier head, by the same protocol.
              abandon                 Give up a cut-over that was requested and nobody
                                      decided.

            """
        ),
        (
            """
            All or nothing: if a worker refuses, or is not ready by the deadline, nothing
            is switched anywhere. FILE may also be builtin:v1 or builtin:v2.
            """,
            """
            All or nothing: if a worker refuses, is not ready by the deadline, or nobody
            decides by then, nothing is switched anywhere. Ctrl-C ends the wait, not the
            request: see head abandon. FILE may also be builtin:v1 or builtin:v2.
            """
        ),
        // With one more option the usage of head push is too long to name them.
        (
            "head push [--brokers <brokers>] [-X <X> ...] [--kafka-config <kafka-config>] "
                + "[--topic-prefix <topic-prefix>] [--stream <stream>] [--partitions <partitions>] "
                + "[--require <require>] [--deadline <deadline>] [--no-wait] [--json] <file> [--as <as>]",
            "head push [<options>] <file>"
        ),
        (
            "[--require <require>] [--deadline <deadline>]",
            "[--require <require>] [--ignore <ignore> ...] [--deadline <deadline>]"
        ),
        (
            "  --deadline <deadline>   How long workers have",
            """
              --ignore <ignore>       A worker that does not count, by name. May be
                                      repeated.
                    It is neither waited for nor heard; without the head it stops at the
                    cut-over.
              --deadline <deadline>   How long workers have
            """
        ),
        // From when the deadline counts, and when the command has ended.
        (
            "How long workers have to get ready, seconds.\n                          (default: 30.0)\n",
            "How long workers have to get ready, seconds.\n                          (default: 30.0)\n"
                + "        It counts from the command's start, as 6 at least; the command ends\n"
                + "        within 10 s of it, and its exit code says what stands.\n"
        ),
    ]
}
