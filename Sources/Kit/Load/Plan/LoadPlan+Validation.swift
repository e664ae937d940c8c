extension LoadPlan {
    /// What thresholds can be wrong about by themselves, whatever the plan is.
    ///
    /// - Throws: `.invalid` with the first that is none.
    public func checkThresholdTexts() throws(KitError) { _ = try readThresholds() }

    /// - Throws: `.invalid` with the first that is none.
    func readThresholds() throws(KitError) -> [Threshold] {
        try thresholds.map { text throws(KitError) in try Threshold(text) }
    }

    /// Whether everything is within its bounds, and what is asked for makes sense together. Nothing is opened for it.
    /// What thresholds say is theirs to check: `Threshold.check(for:)`.
    ///
    /// - Throws: `.invalid`, naming the place as a scenario file has it, what is there and what to do.
    public func validate() throws(KitError) {
        try checkName()
        try Self.check("duration", duration, .milliseconds(100)...(.seconds(86_400)))
        try Self.check("warmup", warmup, .zero...(.seconds(3_600)))
        try Self.check("drain", drain, .milliseconds(100)...(.seconds(600)))
        try Self.check("clickers", clickers, 1...256)
        try Self.check("maximum_in_flight", maximumInFlight, 1...1_000_000)
        guard (1...10_000).contains(connectRate) else {
            throw Self.refusal("connect_rate is \(RateText.write(connectRate)); take 1/s to 10000/s")
        }
        try checkSchedule()
        try checkClients()
        try checkThresholds()
        switch kind {
        case .load, .smoke: break
        case .isolation: try checkIsolation()
        case .restart: try checkRestart()
        }
    }

    private func checkName() throws(KitError) {
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: " -_.".utf8.contains(byte)
            }
        }
        guard allowed, (1...64).contains(name.utf8.count) else {
            throw Self.refusal(
                "name is \(ScenarioValue.quoted(name)); take 1 to 64 letters, digits, spaces, -, _ or .")
        }
    }

    private func checkClients() throws(KitError) {
        var models: Set<ClientModel> = []
        for (index, group) in clients.enumerated() {
            try Self.check("clients[\(index)].count", group.count, 1...60_000)
            guard models.insert(group.model).inserted else {
                throw Self.refusal("clients[\(index)] is \(group.model) again; name each model once")
            }
            try check(group.model, at: "clients[\(index)]")
        }
        guard connections <= 60_000 else {
            let twice = kind == .isolation ? ", two feeds counted" : ""
            throw Self.refusal("clients need \(connections) connections\(twice); take at most 60000")
        }
        let frozen = clients.first { $0.model == .frozen }?.count ?? 0
        guard frozen <= 8 else {
            throw Self.refusal("\(frozen) clients are frozen, each a process; take at most 8, and never for the others")
        }
        let joins = clients.reduce(0) { sum, group in
            guard case .churn(let rate) = group.model else { return sum }
            return sum + rate * Double(group.count)
        }
        guard joins <= 10_000 else {
            throw Self.refusal("churn joins \(RateText.write(joins)) altogether; take at most 10000/s")
        }
        let connecting = Double(connections) / connectRate
        guard connecting <= 3_600 else {
            throw Self.refusal(
                "\(connections) clients at \(RateText.write(connectRate)) take \(Int(connecting)) s to connect; "
                    + "raise connect_rate until it is an hour or less")
        }
    }

    private func check(_ model: ClientModel, at place: String) throws(KitError) {
        let round: Duration
        switch model {
        case .trickle(let bytes): return try Self.check("\(place).rate", bytes, 1...Int(Int32.max))
        case .churn(let rate):
            guard rate > 0, rate <= 10_000 else {
                throw Self.refusal("\(place).rate is \(RateText.write(rate)); take more than 0 and at most 10000/s")
            }
            return
        case .stall(let on, let off):
            try Self.check("\(place).on", on, .milliseconds(10)...(.seconds(3_600)))
            try Self.check("\(place).off", off, .milliseconds(10)...(.seconds(3_600)))
            round = on + off
        case .reset(let every):
            try Self.check("\(place).every", every, .milliseconds(100)...(.seconds(3_600)))
            round = every
        case .fast, .never, .noPong, .frozen, .slowHandshake: return
        }
        guard round <= warmup + duration else {
            let time = DurationText.exact(warmup + duration)
            throw Self.refusal(
                "\(place) is \(model), which comes not once to its end in \(time) of load; shorten it or raise duration"
            )
        }
    }

    private func checkThresholds() throws(KitError) {
        guard thresholds.count <= 100 else {
            throw Self.refusal("thresholds are \(thresholds.count); take at most 100")
        }
        for (index, threshold) in thresholds.enumerated() {
            guard (1...200).contains(threshold.utf8.count) else {
                throw Self.refusal("thresholds[\(index)] has \(threshold.utf8.count) bytes; take 1 to 200")
            }
        }
        guard kind != .smoke || thresholds.isEmpty else {
            throw Self.refusal("smoke is judged by the books alone; leave thresholds out, or take kind load")
        }
    }

    private func checkIsolation() throws(KitError) {
        guard count(.fast) > 0 else {
            throw Self.refusal("isolation compares fast clients and there are none; add some, such as fast:150")
        }
        for group in clients where group.model != .fast && !group.model.isStalled {
            throw Self.refusal(
                "isolation sets stalled clients beside healthy ones, and \(group.model) does not stall; "
                    + "take never, trickle, stall or frozen, or kind load")
        }
        guard count(.slow) > 0 else {
            throw Self.refusal("isolation needs stalled clients and there are none; add some, such as never:20")
        }
        guard clickers == 1 else {
            throw Self.refusal("isolation compares e2e, which \(clickers) clickers do not measure; take 1")
        }
        switch schedule {
        case .constant(let rate), .poisson(let rate):
            guard rate >= 20 else {
                throw Self.refusal(
                    "schedule.rate is \(RateText.write(rate)), too few for blocks of 250 ms; take at least 20/s for isolation"
                )
            }
        case .ramp, .steps, .burst:
            throw Self.refusal(
                "isolation compares blocks of 250 ms under the same load; take constant or poisson, not \(schedule.name)"
            )
        }
        try Self.check("duration of isolation", duration, .seconds(5)...(.seconds(86_400)))
        try Self.check("warmup of isolation", warmup, .seconds(1)...(.seconds(3_600)))
    }

    private func checkRestart() throws(KitError) {
        try Self.check("duration of restart", duration, .seconds(6)...(.seconds(86_400)))
        guard count(.fast) > 0 else {
            throw Self.refusal(
                "restart sees whether clients come back and there are no fast ones; add some, such as fast:50")
        }
    }
}

extension LoadPlan {
    static func refusal(_ words: String) -> KitError { KitError(.invalid, words) }

    static func check(_ place: String, _ number: Int, _ bounds: ClosedRange<Int>) throws(KitError) {
        guard !bounds.contains(number) else { return }
        throw refusal("\(place) is \(number); take \(bounds.lowerBound) to \(bounds.upperBound)")
    }

    static func check(_ place: String, _ time: Duration, _ bounds: ClosedRange<Duration>) throws(KitError) {
        guard time.components.attoseconds.isMultiple(of: 1_000_000_000_000_000) else {
            throw refusal("\(place) is \(time); take whole milliseconds")
        }
        guard !bounds.contains(time) else { return }
        let (least, most) = (DurationText.exact(bounds.lowerBound), DurationText.exact(bounds.upperBound))
        throw refusal("\(place) is \(DurationText.exact(time)); take \(least) to \(most)")
    }
}
