/// One `library` group: its units, its cells, and where its other groups stand.
public struct LibertyLibrary: Sendable {
    /// A group of the library that is no cell: a table template, operating conditions.
    public struct OtherGroup: Sendable, Hashable {
        /// "lu_table_template".
        public let keyword: String
        /// "delay_template_7x7"; arguments with commas between them.
        public let name: String
        /// Where it stands in the bytes of its file.
        public let range: Range<Int>
    }

    /// The units of numbers in the file; nil where the file gives none.
    public struct Units: Sendable, Hashable {
        /// Picoseconds of one unit of time.
        public var picoseconds: Double?
        /// Femtofarads of one unit of capacitance.
        public var femtofarads: Double?
        /// Picowatts of one unit of leakage.
        public var picowatts: Double?
    }

    /// Name of the library.
    public let name: String
    /// The units of numbers in the file. The values in ``cells`` are converted already, areas are not.
    public let units: Units
    /// All cells in the order of the file.
    public let cells: [LibertyCell]
    /// The other groups in the order of the file.
    public let otherGroups: [OtherGroup]
    /// Offset of the `}` that ends the library.
    public let endOffset: Int
    /// The file it came from.
    public let file: LibertyFile
}
