import ChipTools
import Foundation
import Testing

@Suite struct StagedFolderTests {
    private func names(_ folder: ScratchFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func appearsWhole() throws {
        let scratch = try ScratchFolder()
        let staged = try StagedFolder(for: scratch.path + "/out")
        try staged.write(Array("x".utf8), to: "sub/a.v")
        #expect(try names(scratch) != ["out"])
        try staged.commit()
        #expect(try names(scratch) == ["out"])
        #expect(try String(contentsOfFile: scratch.path + "/out/sub/a.v", encoding: .utf8) == "x")
    }

    @Test func disappearsWhenNotCommitted() throws {
        let scratch = try ScratchFolder()
        func fail() throws {
            let staged = try StagedFolder(for: scratch.path + "/out")
            try staged.write([1], to: "a")
            throw CancellationError()
        }
        #expect(throws: CancellationError.self) { try fail() }
        #expect(try names(scratch).isEmpty)
    }

    @Test func whatIsThereStays() throws {
        let scratch = try ScratchFolder()
        _ = try scratch.write("old", "file")
        #expect(throws: StagingError.notAFolder(scratch.path + "/file")) {
            _ = try StagedFolder(for: scratch.path + "/file")
        }
        #expect(throws: StagingError.exists(scratch.path)) { _ = try StagedFolder(for: scratch.path) }
        let staged = try StagedFolder(for: scratch.path + "/out")
        #expect(throws: StagingError.self) { try staged.write([1], to: "../evil") }
        #expect(throws: StagingError.self) { try staged.write([1], to: "/evil") }
    }

    @Test func replacingSwapsTheContent() throws {
        let scratch = try ScratchFolder()
        for text in ["one", "two"] {
            let staged = try StagedFolder(for: scratch.path + "/out", replacing: true)
            try staged.write(Array(text.utf8), to: text)
            try staged.commit()
        }
        #expect(try names(scratch) == ["out"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/out") == ["two"])
    }
}
