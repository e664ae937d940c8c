/// The stretch of time statistics are asked for: whole hours or days of UTC, of which the last is still filling.
public enum StatisticsRange: String, Sendable, CaseIterable {
    case day = "24h"
    case week = "7d"
    case month = "30d"

    var span: RollupSpan { self == .day ? .hour : .day }

    /// Buckets shown, the current one among them.
    var count: Int32 {
        switch self {
        case .day: 24
        case .week: 7
        case .month: 30
        }
    }

    /// - Throws: `.invalid` for a text that is none of them.
    public init(text: String) throws(KitError) {
        guard let range = Self(rawValue: text) else { throw KitError(.invalid, "range must be 24h, 7d or 30d") }
        self = range
    }
}

/// How long a bucket of counted clicks is. Buckets are numbered from the Unix epoch.
enum RollupSpan: Int, Sendable, CaseIterable {
    case hour = 0
    case day = 1

    var seconds: Int64 { self == .hour ? 3_600 : 86_400 }

    func bucket(of time: Timestamp) -> Int32 {
        let seconds = time.seconds
        return Int32(truncatingIfNeeded: (seconds >= 0 ? seconds : seconds - self.seconds + 1) / self.seconds)
    }

    func start(of bucket: Int32) -> Timestamp { Timestamp(seconds: Int64(bucket) * seconds) }
}

/// What a feed's clicks of some stretch of time were, and the position this is true at: whoever adds the events behind it has the
/// counts of every later moment.
public struct Statistics: Sendable, Equatable {
    public let range: StatisticsRange
    /// The buckets counted.
    let buckets: ClosedRange<Int32>
    /// The last click that is counted, or could have been.
    public internal(set) var position: Position
    /// Clicks of programs that fetch links by themselves are split from those of people; together they are all clicks.
    public private(set) var people = 0
    public private(set) var bots = 0
    public private(set) var previews = 0
    /// Different people, counted anew every day in the hour they first came.
    public private(set) var visitors = 0
    public private(set) var countries: [String: Int] = [:]
    public private(set) var devices: [String: Int] = [:]
    public private(set) var browsers: [String: Int] = [:]
    /// By the domain people came from; those who did not say are in none.
    public private(set) var referrers: [String: Int] = [:]
    /// Clicks by bucket; those without a click are left out.
    private(set) var overTime: [Int32: Int] = [:]

    init(_ range: StatisticsRange, now: Timestamp, position: Position) {
        self.range = range
        let last = range.span.bucket(of: now)
        buckets = last - range.count + 1...last
        self.position = position
    }

    public var total: Int { people + bots + previews }

    /// Where the first bucket begins.
    public var from: Timestamp { range.span.start(of: buckets.lowerBound) }

    /// Clicks in the order of time. As in the original, a bucket is named by its end, and one that is not over by the present.
    public func timeline(now: Timestamp) -> [(end: Timestamp, clicks: Int)] {
        overTime.sorted { $0.key < $1.key }.map { bucket, clicks in
            (min(range.span.start(of: bucket + 1), now), clicks)
        }
    }

    /// Adds a click that no rollup has yet. Whether its visitor is a new one only the rollups know.
    mutating func add(_ click: Click, referrer: String?) {
        let bucket = range.span.bucket(of: click.at)
        add(.agent(AgentClass(click.details)), 1, in: bucket)
        add(.country(click.details.country), 1, in: bucket)
        if let referrer { add(.referrer(referrer), 1, in: bucket) }
    }

    /// Adds a counter of a bucket; those outside the range are not counted.
    mutating func add(_ fact: RollupFact, _ count: Int, in bucket: Int32) {
        guard buckets.contains(bucket) else { return }
        switch fact {
        case .agent(let agent):
            switch agent.kind {
            case .person: people += count
            case .bot: bots += count
            case .preview: previews += count
            }
            devices["\(agent.device.name)", default: 0] += count
            browsers["\(agent.browser.name)", default: 0] += count
            overTime[bucket, default: 0] += count
        case .country(let country): countries[country.description, default: 0] += count
        case .referrer(let domain): referrers[domain, default: 0] += count
        case .visitor: visitors += count
        }
    }
}

/// What clicks are counted by.
enum RollupFact: Hashable, Sendable {
    case agent(AgentClass)
    case country(Country)
    /// A domain.
    case referrer(String)
    /// A visitor's first click of the day.
    case visitor
}

/// The kinds of programs that click, told apart as finely as rollups do.
struct AgentClass: Hashable, Sendable {
    enum Kind: UInt8, Sendable, CaseIterable {
        case person, bot, preview
    }

    let device: Device
    let browser: Browser
    let kind: Kind

    init(_ details: ClickDetails) {
        (device, browser) = (details.device, details.browser)
        kind = details.isPreview ? .preview : details.isBot ? .bot : .person
    }

    /// Reads what `text` writes; names this program does not know count as unknown ones.
    init(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        device = Device(named: parts.first.map(String.init) ?? "")
        browser = Browser(named: parts.dropFirst().first.map(String.init) ?? "")
        kind = Kind.allCases.first { "\($0)" == parts.last ?? "" } ?? .person
    }

    /// Such as `desktop/Chrome/person`.
    var text: String { "\(device.name)/\(browser.name)/\(kind)" }
}
