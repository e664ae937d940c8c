extension HTMLReport {
    func writeHealth(_ page: inout Markup) {
        let rows = healthRows
        let server = serverFacts
        let generator = generatorFacts
        guard !rows.isEmpty || !server.isEmpty || !generator.isEmpty else { return }
        section(&page, "health", "Server and generator") { page in
            page.element("p", ["class": "lead"], healthWords)
            if !report.generator.reasons.isEmpty {
                page.element("ul", ["class": "plain"]) { list in
                    for reason in report.generator.reasons.prefix(20) { list.element("li", reason) }
                }
            }
            if !rows.isEmpty {
                timeline(rows, withTurns: false).write(
                    to: &page, id: "health-time", title: "Memory and processor over time")
            }
            page.element("div", ["class": "columns"]) { columns in
                for (title, list) in [("Server", server), ("Generator", generator)] where !list.isEmpty {
                    columns.element("div") { column in
                        column.element("h3", title)
                        facts(&column, list)
                    }
                }
            }
        }
    }

    private var healthWords: String {
        let generator = report.generator
        if generator.health == .ok, generator.scheduleLagP99Us == nil, generator.cpuShare == nil {
            return "Whether the generator kept up with its schedule was not measured."
        }
        return switch generator.health {
        case .ok: "The generator kept up with its schedule: the figures are the server\u{2019}s."
        case .degraded: "The generator was held up at times: the figures may be partly its own."
        case .saturated: "The generator could not keep up: performance cannot be judged, correctness can."
        }
    }

    private var healthRows: [TimelineRow] {
        let memory = series("server", "ink", worst: true) { $0.serverMemoryBytes.asDouble }
        let server = series("server", "ink") { $0.serverCpuShare }
        let generator = series("generator", "quiet") { $0.generatorCpuShare }
        let lag = series("p99", "quiet", worst: true) { $0.scheduleLagP99Us.map { Double(Swift.max($0, 1)) } }
        return [
            TimelineRow(title: "Memory of the server", unit: .bytes, series: [memory]),
            TimelineRow(title: "Processor, share of one core", unit: .share, series: [server, generator]),
            TimelineRow(title: "How late the generator sent", unit: .microseconds, height: 80, series: [lag]),
        ].filter { !$0.isEmpty }
    }

    private var serverFacts: [(String, String)] {
        let server = report.server
        var facts: [(String, String)] = []
        guard server != LoadReport.ServerSide() else { return facts }
        let kinds = ["private": "its own, a child of this run", "remote": "a running quikko", "foreign": "not quikko"]
        facts.append(("server", kinds[server.kind] ?? server.kind))
        if !server.url.isEmpty { facts.append(("address", server.url)) }
        if let version = server.version { facts.append(("version", version)) }
        if !server.isOnThisHost { facts.append(("runs", "on another host")) }
        if let loops = server.loops { facts.append(("event loops", ReportText.count(loops))) }
        if let memory = server.memory {
            let values = [memory.beforeBytes, memory.measuredPeakBytes, memory.afterBytes].map {
                ReportText.bytes(Double($0))
            }
            facts.append(("memory before, at most, after", values.joined(separator: " \u{00B7} ")))
            if let slope = memory.slope {
                let interval = [memory.slopeLow, memory.slopeHigh].compactMap(\.self).map { Self.perSecond($0) }
                let range = interval.count == 2 ? " (95 %: \(interval[0]) to \(interval[1]))" : ""
                facts.append(("memory grew by", Self.perSecond(slope) + range))
            }
        }
        if let seconds = server.cpuSeconds {
            let share = server.cpuShare.map { ", \(ReportText.share($0)) of a core" } ?? ""
            facts.append(("processor", ReportText.significant(seconds) + ReportText.space + "s" + share))
        }
        if let before = server.descriptorsBefore, let after = server.descriptorsAfter {
            facts.append(
                ("descriptors before, after", "\(ReportText.count(before)) \u{00B7} \(ReportText.count(after))"))
        }
        return facts
    }

    private static func perSecond(_ bytes: Double) -> String { ReportText.bytes(bytes) + "/s" }

    private var generatorFacts: [(String, String)] {
        let generator = report.generator
        var facts: [(String, String)] = []
        if generator != LoadReport.Generator() { facts.append(("health", generator.health.rawValue)) }
        if let share = generator.cpuShare { facts.append(("its thread was busy", ReportText.share(share))) }
        if let bytes = generator.memoryBytes { facts.append(("memory", ReportText.bytes(Double(bytes)))) }
        if let lag = generator.scheduleLagP99Us {
            facts.append(("events sent late, p99", ReportText.time(us: Double(lag))))
        }
        if let lag = generator.loopLagP99Us { facts.append(("timers late, p99", ReportText.time(us: Double(lag)))) }
        if report.load.sent > 0 { facts.append(("events sent", ReportText.count(report.load.sent))) }
        if report.load.missed > 0 { facts.append(("scheduled and not sent", ReportText.count(report.load.missed))) }
        return facts
    }

    func writeFailures(_ page: inout Markup) {
        let errors = report.errors.byKind.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(50)
        let closes = report.closes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(50)
        guard !errors.isEmpty || !closes.isEmpty else { return }
        section(&page, "errors", "Errors and closes") { page in
            page.element("div", ["class": "columns"]) { columns in
                if !errors.isEmpty {
                    columns.element("div") { column in
                        let rows: [[Cell]] = errors.map { kind, count in
                            let whose = kind.hasPrefix("local_") ? "the generator\u{2019}s own" : nil
                            return [.code(kind, note: whose), .number(ReportText.count(count))]
                        }
                        table(&column, "Errors by kind", ["error", "how often"], rows: rows)
                    }
                }
                if !closes.isEmpty {
                    columns.element("div") { column in
                        let rows: [[Cell]] = closes.map { code, count in
                            [
                                .code(code == "0" ? "none" : code, note: Self.closeWords[code]),
                                .number(ReportText.count(count)),
                            ]
                        }
                        table(&column, "Closes by code", ["close code", "how often"], rows: rows)
                    }
                }
            }
            guard !report.errors.samples.isEmpty else { return }
            page.element("ul", ["class": "plain"]) { list in
                for sample in report.errors.samples.prefix(20) {
                    list.element("li") { $0.element("code", String(sample.prefix(500))) }
                }
            }
        }
    }

    /// RFC 6455 §7.4.1.
    private static let closeWords = [
        "0": "ended without a close", "1000": "normal", "1001": "going away", "1002": "protocol error",
        "1006": "broken off",
        "1008": "policy", "1009": "too big", "1011": "internal error", "1012": "restart", "1013": "try again later",
    ]

    func writeMachine(_ page: inout Markup) {
        let host = report.host
        guard host != LoadReport.Host() else { return }
        func numbers(_ values: [Int]) -> String { values.map(ReportText.count).joined(separator: " \u{00B7} ") }
        var list = [("system", host.os), ("kernel", host.kernel)].filter { !$0.1.isEmpty }
        if host.cpus > 0 { list.append(("processors", ReportText.count(host.cpus))) }
        if host.memoryBytes > 0 { list.append(("memory", ReportText.bytes(Double(host.memoryBytes)))) }
        if host.descriptorsHard > 0 {
            list.append(("descriptors, soft and hard", numbers([host.descriptorsSoft, host.descriptorsHard])))
        }
        if host.portRange.count == 2 {
            list.append(("ports", host.portRange.map(String.init).joined(separator: "\u{2013}")))
        }
        if !host.tcpReadBuffer.isEmpty { list.append(("TCP read buffer, bytes", numbers(host.tcpReadBuffer))) }
        if !host.tcpWriteBuffer.isEmpty { list.append(("TCP write buffer, bytes", numbers(host.tcpWriteBuffer))) }
        if host.somaxconn > 0 { list.append(("somaxconn", ReportText.count(host.somaxconn))) }
        section(&page, "machine", "The machine") { facts(&$0, list) }
    }

    func writeReading(_ page: inout Markup) {
        let sentences = [
            """
            Latency counts from when an event was due and not from when it was sent, so that a server that holds up its clients \
            cannot hide it by holding up the test as well (coordinated omission); \u{201C}service\u{201D} is the uncorrected figure beside it.
            """,
            """
            Every event has a number in its feed, so that each number a client is owed was received, named as missed by the server, \
            or is unexplained; one that is unexplained fails the run, however fast it was.
            """,
            """
            Inconclusive means that the run cannot tell, because the generator was held up, there were too few samples or too much \
            noise; it is neither passed nor failed, and worth running again on a quieter machine.
            """,
        ]
        section(&page, "reading", "How to read this") { page in
            page.element("ol") { list in
                for sentence in sentences { list.element("li", sentence) }
            }
        }
    }
}
