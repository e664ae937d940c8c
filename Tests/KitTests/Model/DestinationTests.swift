import Foundation
import Testing

@testable import Kit

struct DestinationTests {
    @Test(arguments: [
        ("https://swift.org", "swift.org"), ("HTTP://Swift.ORG:80/a?b#c", "swift.org"),
        ("https://user:pass@example.com/", "example.com"), ("http://[::1]:8080/", "::1"),
        ("https://example.com?next=http://other", "example.com"), ("https://a@b@example.com/", "example.com"),
    ])
    func `the host is what a browser would call`(text: String, host: String) throws {
        #expect(try Destination(text).host == host)
    }

    @Test func `bytes that do not belong in a header are percent-encoded`() throws {
        #expect(
            try Destination("https://de.wikipedia.org/wiki/Köln").description
                == "https://de.wikipedia.org/wiki/K%C3%B6ln")
        #expect(try Destination("https://example.com/\"<>").description == "https://example.com/%22%3C%3E")
    }

    @Test(arguments: [
        "", "swift.org", "ftp://swift.org", "javascript:alert(1)", "https://", "https:///path", "https://a b.com",
        "https://example.com/\r\nSet-Cookie: a=b", "https://köln.de/", "https://example.com:99999/",
        "https://example.com:abc/", "https://[::1]x/", "https://example.com/\u{fffd}",
        "https://example.com/" + String(repeating: "a", count: 2_048),
    ])
    func `text that is no web address is refused`(text: String) {
        #expect { try Destination(text) } throws: { ($0 as? KitError)?.code == .invalidURL }
    }

    @Test func `length is counted in characters, as given`() {
        #expect(throws: Never.self) { try Destination("https://example.com/" + String(repeating: "é", count: 2_000)) }
    }

    @Test(arguments: [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "0.0.0.0", "::1",
        "::",
        "fe80::1", "fd00::1", "::ffff:127.0.0.1", "127.1", "0x7f000001", "2130706433", "100.64.0.1", "::127.0.0.1",
        "255.255.255.255", "224.0.0.1",
        "64:ff9b::7f00:1",
    ])
    func `private addresses are private in every spelling`(host: String) { #expect(DestinationRule.isPrivate(host)) }

    @Test(arguments: ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "example.com", "100.128.0.1", "192.169.0.1"])
    func `public addresses are public`(host: String) { #expect(!DestinationRule.isPrivate(host)) }

    @Test func `links to this server itself are refused`() throws {
        let rule = DestinationRule(
            ServerConfiguration(dataDirectory: .temporaryDirectory), baseURL: "https://go.example.com")
        #expect(throws: KitError.self) { try rule.check(Destination("https://GO.example.com/abc")) }
        for address in ["http://localhost/", "http://localhost./", "http://a.localhost./", "http://127.0.0.1./"] {
            #expect(throws: KitError.self) { try rule.check(Destination(address)) }
        }
        #expect(throws: Never.self) { try rule.check(Destination("https://example.com/")) }
    }
}
