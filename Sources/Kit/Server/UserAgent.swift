import Glibc

/// User agent → device, browser, bot. By the words browsers put there, in the order that tells look-alikes apart.
struct UserAgent {
    /// Classifications of the agents seen last, by a cheap hash: traffic repeats itself.
    ///
    /// Bounded: 64 entries, a new one replaces whichever has its slot. Confined to one loop.
    struct Cache {
        private static let size = 64
        private var slots: [(agent: [UInt8], seen: Seen)] = Array(
            repeating: ([], Seen(details: ClickDetails(), hash: 0)), count: size)

        mutating func look(at agent: UnsafeRawBufferPointer) -> Seen {
            guard agent.count > 0, agent.count <= 1_024 else { return UserAgent.look(at: agent) }
            let middle = agent[agent.count / 2]
            let slot = (agent.count &* 31 &+ Int(middle) &* 7 &+ Int(agent[agent.count - 1])) % Self.size
            if slots[slot].agent.withUnsafeBytes({ $0.holdsSame(as: agent) }) { return slots[slot].seen }
            let seen = UserAgent.look(at: agent)
            slots[slot] = (Array(agent), seen)
            return seen
        }
    }

    /// What an agent is, and a number for it.
    struct Seen {
        let details: ClickDetails
        /// FNV-1a of its bytes: part of what visitors are told apart by.
        let hash: UInt64
    }

    static func look(at agent: UnsafeRawBufferPointer) -> Seen {
        Seen(details: details(of: agent), hash: agent.fnv1a)
    }

    private static let bots: [StaticString] = ["bot", "crawl", "spider", "slurp", "headless"]
    /// Programs of messengers and networks that show what is behind a link. They come before the bots: some say both.
    private static let previews: [StaticString] = [
        "facebookexternalhit", "preview", "whatsapp", "embedly", "slackbot", "twitterbot", "telegrambot", "discordbot",
        "linkedinbot", "skypeuripreview", "redditbot", "pinterestbot", "vkshare", "mastodon/",
    ]
    /// First match wins: Edge, Opera, Samsung and Vivaldi also say Chrome; Chrome also says Safari.
    private static let browsers: [(word: StaticString, browser: Browser)] = [
        ("edg/", .edge), ("edge/", .edge), ("edga/", .edge), ("edgios/", .edge), ("opr/", .opera), ("opera", .opera),
        ("samsungbrowser", .samsung), ("vivaldi", .vivaldi), ("firefox/", .firefox), ("fxios/", .firefox),
        ("crios/", .chrome), ("chrome/", .chrome), ("chromium/", .chrome), ("safari/", .safari), ("curl/", .curl),
    ]

    /// An empty agent is unknown in everything.
    static func details(of agent: UnsafeRawBufferPointer) -> ClickDetails {
        guard agent.count > 0 else { return ClickDetails() }
        let isPreview = previews.contains { contains(agent, $0) }
        let isBot = isPreview || bots.contains { contains(agent, $0) }
        let device: Device =
            if contains(agent, "ipad") || contains(agent, "tablet") {
                .tablet
            } else if contains(agent, "mobi") || contains(agent, "iphone") || contains(agent, "android") {
                .mobile
            } else if isBot { .unknown } else { .desktop }
        let browser = isBot ? .bot : browsers.first { contains(agent, $0.word) }?.browser ?? .unknown
        return ClickDetails(device: device, browser: browser, isBot: isBot, isPreview: isPreview)
    }

    /// Whether `word`, in lower case, occurs in `text` in any case.
    private static func contains(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard text.count >= count else { return false }
        search: for start in 0...(text.count - count) {
            for index in 0..<count {
                let byte = text[start + index]
                let lower = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
                if lower != word.utf8Start[index] { continue search }
            }
            return true
        }
        return false
    }
}

extension UnsafeRawBufferPointer {
    /// FNV-1a with 64 bits (Fowler, Noll, Vo).
    var fnv1a: UInt64 { reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }

    @inline(__always)
    func holdsSame(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count, let here = baseAddress, let there = other.baseAddress else { return false }
        return memcmp(here, there, count) == 0
    }
}
