import Testing

@testable import Kit

struct ThresholdTests {
    @Test func `every part of the grammar is read`() throws {
        let threshold = try Threshold("slow/never : closes[1013].rate <= 2.5 /s during B abort after 500ms")
        #expect(threshold.scope == .model(.never) && threshold.metric == .closes && threshold.closeCode == 1_013)
        #expect(threshold.stat == .rate && threshold.form == .plain && threshold.relation == .atMost)
        #expect(threshold.bound == 2.5 && threshold.unit == .perSecond && threshold.feed == .b)
        #expect(threshold.abortAfter == .milliseconds(500))
    }

    @Test(arguments: [
        "e2e.p99<20ms", "fast: delta(e2e.p99)<2ms", "ratio(click.rate)>=0.99", "loss.unexplained.count==0",
        "each: order.violations.count==0", "slow/never: drops.count>0", "server.rss.max<200MiB",
        "errors.pct<0.1% abort after 5s", "fairness.jain.value>=0.999", "server.cpu.avg < 80 %", "gen.lag.p(99) <5ms",
        "delta( e2e.med ) > -1ms", "each: drops.count == 0 during A", "churn: connect.max != 1s", "sent.rate >= 100",
        "all: staleness.max<1m abort", "schedule.missed.pct<=0.1%", "slow/no-pong: closes[0].count>=1",
    ])
    func `an expression of the documentation is accepted and kept as it was written`(text: String) throws {
        #expect(try Threshold(text).text == text)
    }

    private static let statistics: [(String, Threshold.Stat)] = [
        ("e2e.p99<20ms", Threshold.Stat.percentile(99)), ("e2e.p(99)<20ms", .percentile(99)),
        ("e2e.p( 99.9 )<20ms", .percentile(99.9)), ("e2e.p99.9<20ms", .percentile(99.9)),
        ("e2e.p5<20ms", .percentile(5)), ("e2e.med<20ms", .percentile(50)), ("e2e.p50<20ms", .percentile(50)),
        ("e2e.count>1", .count), ("e2e.min<1s", .least), ("e2e.avg<1s", .mean), ("e2e.stddev<1s", .deviation),
        ("server.fds.value<9", .last), ("schedule.lag.max<1ms", .greatest), ("drops.reported.pct<1%", .share),
    ]

    @Test(arguments: statistics)
    func `a statistic is found behind metrics with dots in their names`(text: String, stat: Threshold.Stat) throws {
        #expect(try Threshold(text).stat == stat)
    }

    private static let values: [(String, Double)] = [
        ("e2e.max<500ns", 0.5), ("e2e.max<1us", 1), ("e2e.max<1.5ms", 1_500), ("e2e.max<2s", 2_000_000),
        ("e2e.max<1m", 60_000_000), ("server.rss.max<10B", 10), ("server.rss.max<1.5KiB", 1_536),
        ("server.rss.max<2MiB", 2_097_152), ("server.rss.max<1GiB", 1_073_741_824), ("gen.cpu.max<90%", 90),
        ("sent.rate>5/s", 5), ("sent.rate>5", 5), ("sent.count>5", 5), ("delta(e2e.p95)<-2ms", -2_000),
        ("ratio(e2e.p95)<1.1", 1.1),
    ]

    @Test(arguments: values)
    func `a value is turned into the unit of what is measured`(text: String, bound: Double) throws {
        #expect(try Threshold(text).bound == bound)
    }

    private static let scopes: [(String, LoadScope)] = [
        ("e2e.p99<1s", LoadScope.fast), ("service.max<1s", .fast), ("drops.count==0", .all), ("click.p99<1s", .all),
        ("all: e2e.p99<1s", .all), ("slow/reset: closes.count>0", .model(.reset)),
    ]

    @Test(arguments: scopes)
    func `without a scope latencies are of fast clients and the rest of all`(text: String, scope: LoadScope) throws {
        #expect(try Threshold(text).scope == scope)
    }

    @Test(arguments: [
        ("<", [true, false, false]), ("<=", [true, true, false]), (">", [false, false, true]),
        (">=", [false, true, true]), ("==", [false, true, false]), ("!=", [true, false, true]),
    ])
    func `a bound is strict or inclusive exactly as written`(relation: String, holds: [Bool]) throws {
        let threshold = try Threshold("e2e.max\(relation)20ms")
        #expect([19_999, 20_000, 20_001].map { threshold.holds($0) } == holds)
    }

    @Test func `a run may end only when asked for, and not before its time`() throws {
        #expect(try !Threshold("e2e.p99<1s").mayAbort(after: .seconds(100)))
        #expect(try Threshold("e2e.p99<1s abort").mayAbort(after: .zero))
        let later = try Threshold("e2e.p99<1s abort after 5s")
        #expect(!later.mayAbort(after: .milliseconds(4_999)) && later.mayAbort(after: .seconds(5)))
    }

    private static let supports: [(Double, Int, Int)] = [
        (50.0, 19, 20), (90, 99, 100), (95, 199, 200), (99, 999, 1_000), (99.9, 9_999, 10_000),
        (99.99, 99_999, 100_000),
    ]

    @Test(arguments: supports)
    func `a percentile takes ten samples beyond it`(percent: Double, tooFew: Int, enough: Int) {
        let stat = Threshold.Stat.percentile(percent)
        #expect(!stat.isSupported(by: tooFew) && stat.isSupported(by: enough))
    }
}

struct ThresholdRefusalTests {
    private static let refused: [(String, String)] = [
        ("", "compares nothing; use <, <=, >, >=, == or !="), ("e2e.p99", "compares nothing"),
        ("e2e.p99=20ms", "= is not a comparison; write =="), ("e2e.p99<20ms<30ms", "compares more than once"),
        ("e2e.p99=<20ms", "write =="), ("1ms<e2e.p99<20ms", "compares more than once"),
        ("e2e.p999<20ms", "p999 is ambiguous; write p99.9 or p(99.9)"), ("e2e.p9999<1s", "write p99.99"),
        ("e2e.p100<1s", "write max"), ("e2e.p0<1s", "write min"), ("e2e.p(101)<1s", "between 0 and 100"),
        ("e2e.p(-1)<1s", "between 0 and 100"), ("e2e.p(x)<1s", "no statistic 'p(x)'"),
        ("e2.p99<1s", "no metric 'e2'; known: e2e"), ("drop.count<1", "known: drops, drops.reported"),
        ("order.violation.count<1", "known: order.violations"),
        ("zzzzzz.count<1", "known: e2e, service, click, connect"),
        ("<1s", "no metric; known: e2e"), ("schedule.p99<1s", "known: schedule.lag, schedule.missed"),
        ("e2e<1s", "says no statistic; e2e has count, rate, min, avg, med, max, stddev and pNN"),
        ("e2e.<1s", "says no statistic"), ("drops==0", "says no statistic; drops has count, rate and pct"),
        ("e2e.mean<1s", "no statistic 'mean'"), ("e2e.value<1s", "e2e has no value"), ("e2e.pct<1%", "e2e has no pct"),
        ("sent.pct<1%", "sent has no pct; sent has count and rate"), ("drops.p99<1", "drops has no p99"),
        ("server.rss.med<1B", "server.rss has no med; server.rss has min, avg, max and value"),
        ("e2e.p99<20", "20 has no unit; give a time: ns, us, ms, s or m"), ("e2e.p99<20MiB", "'MiB' is no unit for it"),
        ("e2e.p99<20h", "'h' is no unit"), ("e2e.count<20ms", "give a plain number"),
        ("server.rss.max<200", "give a size: B, KiB, MiB or GiB"), ("server.rss.max<200MB", "'MB' is no unit"),
        ("errors.pct<1", "give a share in %"), ("sent.rate>1ms", "give a rate"),
        ("ratio(click.rate)>99%", "plain number"),
        ("e2e.p99<", "no value to compare with"), ("e2e.p99<ms", "'ms' is not a number"),
        ("e2e.p99<1e3ms", "'e3ms' is no unit"), ("e2e.p99<infms", "not a number"), ("e2e.p99<1.ms", "not a number"),
        ("e2e.p99<.5ms", "not a number"), ("e2e.p99<1..5ms", "not a number"), ("e2e.p99<+5ms", "not a number"),
        ("e2e.p99<12345678901234567ms", "not a number"), ("e2e.p99<-1ms", "only a delta can be"),
        ("quick: e2e.p99<1s", "there is no role 'quick'; a threshold is of all, each, fast, slow, slow/MODEL or churn"),
        (": e2e.p99<1s", "there is no role ''"),
        ("slow/lazy: drops.count>0", "no model 'lazy'; slow clients are never"),
        ("slow/: drops.count>0", "no model ''"), ("fast/never: drops.count>0", "'fast' has no models"),
        ("slow/churn: drops.count>0", "write churn:"), ("FAST: e2e.p99<1s", "no role 'FAST'"),
        ("fast: click.p99<1s", "click is of the whole run; leave out 'fast:'"),
        ("each: server.rss.max<1GiB", "server.rss is of the whole run"),
        ("each: e2e.p95<1s", "single clients have no e2e.p95; each: takes e2e.med, e2e.p99"),
        ("each: delta(e2e.p99)<1ms", "no client is in both A and B"),
        ("delta(click.p99)<1ms", "an interval is only known for"), ("delta(e2e.max)<1ms", "only known for"),
        ("slow: delta(e2e.p99)<1ms", "compares the fast clients"), ("delta(e2e.p99)==1ms", "never equal to a number"),
        ("delta(e2e.p99)!=1ms", "never equal"), ("delta e2e.p99<1ms", "write delta(METRIC.STAT)"),
        ("ratio(e2e.p99<1", "write ratio(METRIC.STAT)"), ("delta(server.rss.max)<1MiB", "both feeds at once"),
        ("server.rss.max<1GiB during B", "both feeds at once"), ("ratio(e2e.p99)<2 during A", "leave out during"),
        ("e2e.p99<1s during C", "during is followed by A or B"), ("e2e.p99<1s during", "followed by A or B"),
        ("e2e.p99<1s abort after", "after is followed by a time"), ("e2e.p99<1s abort after soon", "500ms, 5s or 1m"),
        ("e2e.p99<1s abort after 2h", "500ms, 5s or 1m"), ("e2e.p99<1s abort abort", "'abort' is one too many"),
        ("e2e.p99<1s after 5s", "'after' is one too many"), ("e2e.p99<1s abort during A", "'during' is one too many"),
        ("sent.count>100 abort", "only grows"), ("e2e.max>=1s abort", "only grows"),
        ("sent.count==5 abort", "only grows"),
        ("closes[12].count<1", "a close code is 1000 to 4999"), ("closes[x].count<1", "write closes[1013]"),
        ("closes[1013<1", "a close code is"), ("closes[1013]count<1", "a . is missing behind the close code"),
        ("closes[1013]<1", "says no statistic"),
    ]

    @Test(arguments: refused)
    func `a refusal says what is wrong and what is allowed`(text: String, reason: String) {
        let error = #expect(throws: KitError.self) { try Threshold(text) }
        #expect(error?.code == .invalid)
        #expect(error?.message.hasPrefix("threshold '\(text)': ") == true)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "accepted")")
    }

    /// A plan of every kind of client, and one that has no one but fast ones.
    private static func plan(_ change: (inout LoadPlan) -> Void) -> LoadPlan {
        var plan = LoadPlan()
        change(&plan)
        return plan
    }

    private static let isolation = plan {
        $0.kind = .isolation
        $0.clients = [ClientGroup(.fast, count: 100), ClientGroup(.never, count: 5), ClientGroup(.noPong, count: 0)]
    }

    @Test(arguments: [
        "e2e.p99<1s", "slow/never: drops.count>0", "slow: drops.count>0 during B", "fast: delta(e2e.p95)<2ms",
        "ratio(click.rate)>=0.99", "click.p99<1s during A", "slow: recovery.fresh.max<1s",
        "each: drops.count==0 during A",
        "server.rss.max<1GiB", "e2e.p99<1s abort after 19s",
    ])
    func `what the isolation test can show passes its check`(text: String) throws {
        try Threshold(text).check(for: Self.isolation)
    }

    private static let unfit: [(String, LoadPlan, String)] = [
        ("churn: drops.count==0", isolation, "no client that is churn; it has fast, slow/never"),
        ("slow/no-pong: closes.count==0", isolation, "no client that is slow/no-pong"),
        ("slow: drops.count==0 during A", isolation, "A has no slow clients"),
        ("slow: ratio(delivered.rate)<1", isolation, "A has no slow clients"),
        ("slow: e2e.p99<1s", isolation, "no client of 'slow' reads while measured"),
        ("fast: recovery.fresh.max<1s", isolation, "stalls and reads again"),
        ("e2e.p99<1s abort after 20s", isolation, "ends before; abort earlier"),
        ("delta(e2e.p95)<2ms", plan { _ in }, "only the isolation test has the feeds A and B"),
        ("ratio(click.rate)>=0.99", plan { $0.kind = .restart }, "only the isolation test"),
        ("e2e.p99<1s during B", plan { $0.kind = .smoke }, "only the isolation test"),
        ("e2e.p99<1s", plan { $0.clickers = 3 }, "with 3 clickers no one knows which event is whose"),
        ("staleness.max<1s", plan { $0.clickers = 2 }, "use one clicker, or click"),
        ("e2e.p99<1s", plan { $0.clickers = 0 }, "with 0 clickers"),
        ("click.p99<1s", plan { $0.clickers = 0 }, "nothing is clicked"),
        ("drops.count==0", plan { $0.clients = [] }, "the plan has no client"),
        (
            "e2e.p99<1s", plan { $0.clients = [ClientGroup(.never, count: 2)] },
            "no client that is fast; it has slow/never"
        ),
        ("all: e2e.p99<1s", plan { $0.clients = [ClientGroup(.frozen, count: 2)] }, "reads while measured"),
    ]

    @Test(arguments: unfit)
    func `a plan that cannot show it is refused before anything connects`(
        text: String, plan: LoadPlan, reason: String
    ) throws {
        let threshold = try Threshold(text)
        let error = #expect(throws: KitError.self) { try threshold.check(for: plan) }
        #expect(error?.message.hasPrefix("threshold '\(text)': ") == true)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "accepted")")
    }

    @Test func `several clickers leave what needs no event alone`() throws {
        try Threshold("click.p99<1s").check(for: Self.plan { $0.clickers = 3 })
        try Threshold("loss.unexplained.count==0").check(for: Self.plan { $0.clickers = 3 })
    }
}
