import Kit

/// Prints a feed as it is heard: clicks, and in their place what was missed, which it fetches.
actor FeedPrinter {
    private let client: APIClient
    private let filters: [ClickFilter]
    private let limit: Int?
    private let fills: Bool
    /// What it counts, one and several.
    private let noun: (one: String, several: String)
    private var printer: EventPrinter
    /// Whether there ever was a connection.
    private(set) var isConnected = false
    /// Clicks, or events of another protocol, printed.
    private(set) var clicks = 0
    /// The last position printed of each room: fetching a gap may break off and begin again.
    private var printed: [Room: Position] = [:]
    private var missed = 0
    private var fetched = 0
    private var lost = 0

    /// - Parameters:
    ///   - limit: Clicks after which it has heard enough.
    ///   - fills: Fetches what a gap names.
    ///   - noun: What it counts, one and several.
    init(
        client: APIClient, options: OutputOptions, filters: [ClickFilter], limit: Int?, fills: Bool,
        noun: (one: String, several: String)
    ) {
        self.noun = noun
        self.client = client
        self.filters = filters
        self.limit = limit
        self.fills = fills
        printer = EventPrinter(options)
    }

    func connected() { isConnected = true }

    /// False when it has heard enough.
    func hear(_ event: FeedEvent) async throws -> Bool {
        switch event {
        case .click(let click, let place): return print(click, place)
        case .gap(let gap):
            missed += gap.count
            printer.print(gap, isFetched: fills)
            return fills ? try await fill(gap) : true
        case .hole(let room, let hole):
            lost += 1
            printer.print(hole, in: room)
        case .recovered(let recovery): printer.print(recovery)
        case .said(let message):
            printer.print(message)
            clicks += 1
            return clicks != limit
        case .refused(let reason, let message): throw KitError(reason, message)
        case .position, .restarting: break
        }
        return true
    }

    var summary: String {
        var text = "\(clicks) \(clicks == 1 ? noun.one : noun.several)"
        if missed > 0 { text += "; \(missed) missed, \(fetched) of them fetched" }
        if lost > 0 { text += "; \(lost) \(lost == 1 ? "hole" : "holes") in the log" }
        return text
    }

    private func print(_ click: ClickEvent, _ place: Place?) -> Bool {
        if let place {
            guard printed[place.room].map({ place.position > $0 }) ?? true else { return true }
            printed[place.room] = place.position
        }
        guard filters.allSatisfy({ $0.matches(click) }) else { return true }
        printer.print(click, place)
        clicks += 1
        return clicks != limit
    }

    /// The server keeps every click: what one connection lost is read from the log.
    private func fill(_ gap: Gap) async throws -> Bool {
        var next: Position? = Position(epoch: gap.epoch, number: gap.numbers.lowerBound - 1)
        let last = Position(epoch: gap.epoch, number: gap.numbers.upperBound)
        while let since = next {
            let answer = try await client.events(in: gap.room, since: since, to: last)
            for event in answer.events {
                fetched += 1
                guard print(event.click, event.place) else { return false }
            }
            for hole in answer.holes {
                lost += 1
                printer.print(hole, in: gap.room)
            }
            next = answer.next.flatMap { $0 > since ? $0 : nil }
        }
        return true
    }
}
