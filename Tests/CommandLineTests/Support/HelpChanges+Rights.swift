extension HelpChanges {
    /// Rights are tried; heads in memory have a bound that can be set.
    static let rights = [
        // Topics keep what is acknowledged.
        (
            "[--replication <replication>] [--record-bytes-max",
            "[--replication <replication>] [--min-insync <min-insync>] [--record-bytes-max"
        ),
        (
            """
                                      Copies of every partition; -1 takes the broker's
                                      default. (default: -1)

            """,
            """
                                      Copies of every partition; -1 takes the broker's
                                      default. (default: -1)
              --min-insync <min-insync>
                                      Copies that must have a record before it is
                                      acknowledged (min.insync.replicas).
                    Default: one less than --replication, so that one node may be away and
                    none lost.

            """
        ),
        (
            """
                                      Shards that may be fetched ahead, kilobytes: at least
                                      a second of traffic. (default: 32768)

            """,
            """
                                      Shards that may be fetched ahead, kilobytes: at least
                                      a second of traffic. (default: 32768)
              --head-bytes-max <head-bytes-max>
                                      Bytes of heads kept in memory; those not needed soon
                                      are unloaded beyond. (default: 536870912)

            """
        ),
        // Rights are printed as Kafka's own commands.
        (
            "  list                    List the deployment's topics.\n",
            """
              list                    List the deployment's topics.
              delete                  Delete every topic of the deployment, with all that
                                      is in them.
              acls                    Print Kafka's commands for the rights of roles.

            """
        ),
        // After what the pictures have added.
        (
            """
            With --data also how the pictures of a source fare: how many are stretched, or
            carry an EXIF orientation that is ignored.

            USAGE: hashiflex doctor
            """,
            """
            On a broker with users also which roles this one may play: each right is tried,
            and nothing is written. With --data also how the pictures of a source fare: how
            many are stretched, or carry an EXIF orientation that is ignored.

            USAGE: hashiflex doctor
            """
        ),
        (
            "[--data <data>] [--json]\n\nOPTIONS:\n  --brokers",
            "[--data <data>] [--role <role>] [--json]\n\nOPTIONS:\n  --brokers"
        ),
        (
            "most 10000 of them.\n  --json                  Print JSON, one check a line.",
            """
            most 10000 of them.
              --role <role>           The role whose rights this user must have. (values:
                                      worker, coordinator, camera, operator, reader)
                    Default: all are tried, and what is missing is said.
              --json                  Print JSON, one check a line.
            """
        ),
    ]
}
