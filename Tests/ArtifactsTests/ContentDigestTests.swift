import Artifacts
import Testing

@Suite struct ContentDigestTests {
    /// The vectors of FIPS 180-2, appendix B, and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func knownMessagesHaveTheirPublishedDigest(message: String, hex: String) {
        let digest = ContentDigest(of: message.utf8)
        #expect(digest.hex == hex)
        #expect(digest.short == String(hex.prefix(12)))
        #expect(ContentDigest(hex: hex.uppercased()) == digest)
    }

    @Test func contentInPiecesHasTheDigestOfTheWhole() {
        var hasher = ContentHasher()
        hasher.update("ab".utf8)
        hasher.update("".utf8)
        hasher.update([UInt8(ascii: "c")])
        #expect(hasher.finalize() == ContentDigest(of: "abc".utf8))
    }

    @Test func integersAreDigestedLowestByteFirst() {
        var hasher = ContentHasher()
        hasher.update(littleEndian: UInt32(0x0403_0201))
        #expect(hasher.finalize() == ContentDigest(of: [1, 2, 3, 4]))
    }

    @Test(arguments: ["", "00", String(repeating: "g", count: 64), String(repeating: "0", count: 65), "0x"])
    func textThatIsNoDigestIsRefused(text: String) {
        #expect(ContentDigest(hex: text) == nil)
    }
}
