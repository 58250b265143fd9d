extension HelpChanges {
    /// Rights are tried; heads in memory have a bound that can be set.
    static let rights = [
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
        )
    ]
}
