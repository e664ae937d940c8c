import Testing

@testable import Kit

struct MeasuredTests {
    /// A run of 20 s with every kind of value in it.
    private static func measured() -> Measured {
        var measured = Measured()
        measured.seconds = 20
        measured.feedSeconds = [.a: 10, .b: 8]
        measured.put(.latency(latencies(20_000, count: 1_000)), .e2e, .fast)
        measured.put(.latency(latencies(9_000_000, count: 10)), .e2e, .model(.trickle))
        measured.put(.latency(LatencyHistogram()), .connect, .fast)
        measured.put(.latency(latencies(1_000, count: 500)), .click, during: .a)
        measured.put(.latency(latencies(1_500, count: 396)), .click, during: .b)
        measured.put(.count(4_000), .sent)
        measured.put(.count(2), .errors)
        measured.put(.count(10_000), .expected, .fast)
        measured.put(.count(0), .drops, .fast)
        measured.put(.count(500), .expected, .model(.never))
        measured.put(.count(120), .drops, .model(.never))
        measured.put(.count(500), .expected, .model(.stall))
        measured.put(.count(80), .drops, .model(.stall))
        measured.put(.count(0), .expected, .churn)
        measured.put(.count(0), .drops, .churn)
        measured.put(.count(3), .closes, .model(.never), closeCode: 1_013)
        measured.put(.count(1), .closes, .model(.never), closeCode: 0)
        var memory = Measured.Gauge()
        for size in [100.0, 220, 190] { memory.record(size * 1_048_576) }
        measured.put(.gauge(memory), .serverMemory)
        measured.put(.gauge(Measured.Gauge()), .serverDescriptors)
        return measured
    }

    private static func latencies(_ microseconds: Int64, count: Int) -> LatencyHistogram {
        var latencies = LatencyHistogram()
        latencies.record(microseconds, count: count)
        return latencies
    }

    private static let judged: [(String, LoadReport.Verdict, String, Int)] = [
        ("e2e.max<20ms", LoadReport.Verdict.fail, "20 ms", 1_000), ("e2e.max<=20ms", .pass, "20 ms", 1_000),
        ("e2e.p99<=20ms", .pass, "20 ms", 1_000), ("e2e.max>=20.001ms", .fail, "20 ms", 1_000),
        ("all: e2e.max>8s", .pass, "9 s", 1_010), ("e2e.rate>=50", .pass, "50 /s", 1_000),
        ("sent.rate>=200/s", .pass, "200 /s", 4_000), ("errors.pct<0.1%", .pass, "0.05 %", 4_000),
        ("fast: drops.count==0", .pass, "0", 10_000), ("slow: drops.count>0", .pass, "200", 1_000),
        ("slow: drops.pct<=20%", .pass, "20 %", 1_000), ("slow/never: drops.pct<24%", .fail, "24 %", 500),
        ("drops.count!=200", .fail, "200", 11_000), ("closes.count==4", .pass, "4", 4),
        ("closes[1013].count<3", .fail, "3", 3), ("slow: closes[0].count<=1", .pass, "1", 1),
        ("server.rss.max<200MiB", .fail, "220 MiB", 3), ("server.rss.value<200MiB", .pass, "190 MiB", 3),
        ("server.rss.avg<=170MiB", .pass, "170 MiB", 3), ("server.rss.min>99MiB", .pass, "100 MiB", 3),
        ("ratio(click.rate)>=0.99", .pass, "0.99", 396), ("ratio(click.max)<1.5", .fail, "1.5", 396),
        ("click.rate>49/s during B", .pass, "49.5 /s", 396), ("click.count>=896", .pass, "896", 896),
    ]

    @Test func `a rate is of the measured part where it is known, a count of the whole run`() throws {
        var measured = Self.measured()
        measured.put(.count(9_000, whileMeasured: 8_000), .delivered, .fast)
        measured.put(.count(500), .delivered, .model(.never))
        measured.put(.count(40, whileMeasured: 4), .errors)
        #expect(measured.outcome(of: try Threshold("delivered.rate<=425")).observed == "425 /s")
        #expect(measured.outcome(of: try Threshold("delivered.count==9500")).verdict == .pass)
        #expect(measured.outcome(of: try Threshold("errors.pct<0.2%")).observed == "0.1 %")
        #expect(measured.outcome(of: try Threshold("errors.count==40")).verdict == .pass)
    }

    @Test(arguments: judged)
    func `an outcome has what was observed, on how many samples`(
        text: String, verdict: LoadReport.Verdict, observed: String, samples: Int
    ) throws {
        let outcome = Self.measured().outcome(of: try Threshold(text))
        #expect(outcome.expression == text && outcome.verdict == verdict && outcome.note == nil)
        #expect(outcome.observed == observed && outcome.samples == samples)
    }

    private static let unjudged: [(String, String, Int)] = [
        ("service.p99<1s", "not measured", 0), ("connect.p99<1s", "no samples", 0),
        ("connect.count==0", "no samples", 0),
        ("e2e.p99.9<1s", "n/a (n=1000): p99.9 needs ten samples beyond it", 1_000),
        ("slow/trickle: e2e.med<1s", "n/a (n=10): med needs", 10), ("churn: drops.count==0", "nothing was owed", 0),
        ("churn: drops.pct<1%", "nothing was owed", 0), ("server.fds.max<9", "no samples", 0),
        ("gen.cpu.max<9%", "not measured", 0), ("dup.count==0", "not measured", 0),
        ("ratio(e2e.p99)<2", "A: not measured", 0), ("slow/reset: drops.count==0", "not measured", 0),
        ("each: drops.count==0", "no client it could be of", 0), ("delta(e2e.p95)<2ms", "too few blocks", 0),
        ("drops.rate<1 during A", "not measured", 0),
    ]

    @Test(arguments: unjudged)
    func `what has no or too few samples is inconclusive, never passed`(text: String, note: String, samples: Int) throws
    {
        let outcome = Self.measured().outcome(of: try Threshold(text))
        #expect(outcome.verdict == .inconclusive && outcome.observed == nil && outcome.samples == samples)
        #expect(outcome.note?.contains(note) == true, "\(outcome.note ?? "no note")")
    }

    private static let margins: [(String, Double?)] = [
        ("e2e.max<40ms", 50.0), ("e2e.max<10ms", -100), ("e2e.max>10ms", 100), ("drops.count>0", nil),
        ("drops.count==200", nil),
    ]

    @Test(arguments: margins)
    func `the margin is how far inside, in percent of the bound`(text: String, margin: Double?) throws {
        #expect(Self.measured().outcome(of: try Threshold(text)).marginPercent == margin)
    }

    @Test func `what is not the bound does not look like it`() throws {
        var measured = Measured()
        measured.put(.latency(Self.latencies(20_001, count: 1)), .e2e, .fast)
        let outcome = measured.outcome(of: try Threshold("e2e.max<=20ms"))
        #expect(outcome.observed == "20.001 ms" && outcome.bound == "<= 20 ms" && outcome.verdict == .fail)
    }

    @Test func `what is put for the whole is not added to its parts`() throws {
        var measured = Self.measured()
        measured.put(.count(7), .sent, during: .a)
        #expect(measured.outcome(of: try Threshold("sent.count==4000")).verdict == .pass)
        measured.put(.count(1), .drops, .slow)
        #expect(measured.outcome(of: try Threshold("drops.count==1")).observed == "1")
    }

    private static func client(
        _ id: Int, received: Int = 1_000, named: Int = 0, p99: Int? = nil, role: String = "fast", model: String? = nil
    ) -> LoadReport.ClientSummary {
        var client = LoadReport.ClientSummary()
        client.id = id
        client.role = role
        client.model = model
        client.feed = id % 2 == 0 ? "A" : "B"
        client.owed = received + named
        client.received = received
        client.named = named
        client.e2eP99Us = p99
        return client
    }

    private static let crowd = [
        client(1, p99: 4_000), client(2, p99: 31_000), client(3, p99: 25_000),
        client(4, received: 0, named: 90, role: "slow", model: "never"),
    ]

    private static let singles: [(String, [LoadReport.ClientSummary], LoadReport.Verdict, String?, String?)] = [
        (
            "each: e2e.p99<20ms", crowd, LoadReport.Verdict.fail, "31 ms",
            "2 of 3 clients failed; the worst is client 2, fast"
        ),
        ("each: e2e.p99<=31ms", crowd, .pass, "31 ms", nil),
        ("each: e2e.p99<26ms during B", crowd, .pass, "25 ms", nil),
        (
            "each: drops.count==0", crowd, .fail, "90",
            "1 of 4 clients failed; the worst is client 4, slow (never), with 90"
        ),
        ("each: delivered.count>=1000", crowd, .fail, "0", "1 of 4"), ("each: dup.count==0", crowd, .pass, "0", nil),
        ("each: e2e.p99<40ms", crowd + [client(5, received: 999, p99: 1)], .inconclusive, "31 ms", "of 1 of 4 clients"),
        ("each: e2e.p99<20ms", crowd + [client(5)], .fail, "31 ms", "2 of 4"),
        ("each: dup.count==0", crowd + [client(6, received: 0)], .inconclusive, "0", "of 1 of 5"),
        ("each: drops.reported.count==0", crowd, .inconclusive, nil, "of none of 4 clients known"),
        ("each: recovery.fresh.max<1s", crowd, .inconclusive, nil, "of none of 1 clients known"),
        ("each: closes.count==0", crowd, .pass, "0", nil),
    ]

    @Test(arguments: singles)
    func `each must hold for every client, and the worst is named`(
        text: String, clients: [LoadReport.ClientSummary], verdict: LoadReport.Verdict, observed: String?, note: String?
    ) throws {
        var measured = Measured()
        measured.clients = clients
        let outcome = measured.outcome(of: try Threshold(text))
        #expect(outcome.verdict == verdict && outcome.observed == observed)
        #expect(note == nil ? outcome.note == nil : outcome.note?.contains(note ?? "") == true, "\(outcome.note ?? "")")
    }

    private static let deltas: [(String, LoadReport.Verdict)] = [
        ("delta(e2e.p95)<=0.7ms", LoadReport.Verdict.pass), ("delta(e2e.p95)<0.7ms", .inconclusive),
        ("delta(e2e.p95)<0.1ms", .inconclusive), ("delta(e2e.p95)<-0.2ms", .fail), ("delta(e2e.p95)>-0.2ms", .pass),
        ("delta(e2e.p99)<1s", .inconclusive),
    ]

    @Test(arguments: deltas)
    func `a delta is judged by the end of its interval`(text: String, verdict: LoadReport.Verdict) throws {
        var isolation = LoadReport.Isolation()
        isolation.comparisons = [
            .init(
                percentile: 95, aUs: 3_000, bUs: 3_300, deltaUs: 300, lowUs: -100, highUs: 700, boundUs: 2_000,
                verdict: .pass)
        ]
        var measured = Measured()
        measured.isolation = isolation
        let outcome = measured.outcome(of: try Threshold(text))
        #expect(outcome.verdict == verdict)
        if text.contains("p95") { #expect(outcome.observed == "300 µs more (-100 µs to 700 µs)") }
    }

    @Test func `the report's metrics come in order, with percentiles only where ten samples are beyond`() throws {
        let summaries = Self.measured().summaries()
        #expect(
            summaries.map { "\($0.name) \($0.scope) \($0.unit)" } == [
                "e2e fast us", "e2e slow/trickle us", "click all@A us", "click all@B us", "connect fast us",
                "sent all 1",
                "expected fast 1", "expected slow/never 1", "expected slow/stall 1", "expected churn 1", "errors all 1",
                "closes[0] slow/never 1", "closes[1013] slow/never 1", "drops fast 1", "drops slow/never 1",
                "drops slow/stall 1", "drops churn 1", "server.rss all bytes", "server.fds all 1",
            ])
        let e2e = try #require(summaries.first)
        #expect(Set(e2e.p.keys) == ["50", "75", "90", "95", "99"] && e2e.med == e2e.p["50"] && e2e.rate == 50)
        #expect(e2e.max == 20_000 && e2e.avg == 20_000 && e2e.histogram == [[20_000, 1_000]])
        #expect(summaries[1].p.isEmpty && summaries[1].med == nil && summaries[1].count == 10)
        #expect(summaries[4].count == 0 && summaries[4].max == nil && summaries[4].histogram == nil)
        #expect(summaries[5].count == 4_000 && summaries[5].rate == 200)
        #expect(summaries[17].avg == 170 * 1_048_576 && summaries[17].count == 3)
    }

    private static let times: [(Double, String)] = [
        (0.0, "0 µs"), (0.5, "0.5 µs"), (999, "999 µs"), (999.6, "1 ms"), (3_104, "3.1 ms"), (12_345, "12.3 ms"),
        (123_456, "123 ms"), (999_700, "1 s"), (61_000_000, "61 s"), (-1_500, "-1.5 ms"), (-0.0, "0 µs"),
    ]

    @Test(arguments: times)
    func `times are written in the unit that fits`(microseconds: Double, text: String) {
        #expect(LoadUnit.microseconds.write(microseconds) == text)
    }
}
