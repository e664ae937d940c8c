import Testing

@testable import Kit

struct UserAgentTests {
    @Test(arguments: [
        ("", Device.unknown, Browser.unknown, false),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            .desktop, .chrome, false
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            .desktop, .edge, false
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", .desktop, .firefox, false),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            .mobile, .safari, false
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
            .tablet, .safari, false
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            .mobile, .samsung, false
        ),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", .unknown, .bot, true),
        ("curl/8.5.0", .desktop, .curl, false),
        ("something else", .desktop, .unknown, false),
    ])
    func `an agent says what it is`(agent: String, device: Device, browser: Browser, isBot: Bool) {
        var agent = agent
        let expected = ClickDetails(device: device, browser: browser, isBot: isBot)
        var cache = UserAgent.Cache()
        agent.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            #expect(UserAgent.details(of: bytes) == expected)
            #expect(cache.look(at: bytes).details == expected)
            #expect(cache.look(at: bytes).details == expected)
            #expect(cache.look(at: bytes).hash == bytes.fnv1a)
        }
    }

    @Test(arguments: [("de", "DE"), ("US", "US")])
    func `a country is two letters`(text: String, name: String) throws {
        #expect(try #require(Country(text)).description == name)
    }

    @Test(arguments: ["", "D", "DEU", "1A", "XX", "d€"])
    func `anything else is no country`(text: String) { #expect(Country(text) == nil) }
}
