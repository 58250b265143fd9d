extension HelpChanges {
    /// Workers may be remembered by their names.
    static let membership = [
        (
            """
                                      Default: host and process id.
              --exit-with-parent      End when the process that started this one ends.

            """,
            """
                                      Default: host and process id.
              --static-member         The group remembers a worker by its name (static
                                      membership).
                    One that is killed and started again goes on at once, without a
                    rebalance. Of two workers under one name the older one ends and says
                    so. The partitions of one that was drained rest until its session is
                    over.
              --exit-with-parent      End when the process that started this one ends.

            """
        ),
        (
            """
                                      NAME-1, NAME-2, ... (default: fleet)
              --exit-with-parent      End when the process that started this one ends.

            """,
            """
                                      NAME-1, NAME-2, ... Default: the host's name.
              --static-member         The group remembers a worker by its name (static
                                      membership).
                    One that is killed and started again goes on at once, without a
                    rebalance. Of two workers under one name the older one ends and says
                    so. The partitions of one that was drained rest until its session is
                    over.
              --exit-with-parent      End when the process that started this one ends.

            """
        ),
        // Fleets of two machines must not have workers of the same names.
        (
            "  --name <name>           Name of the fleet. (default: fleet)\n",
            """
              --name <name>           Name of the fleet. Default: this machine's if it
                                      runs, else the only one that does.

            """
        ),
    ]
}
