import Foundation
import Testing

@testable import Kit

/// Runs against servers that are wrong on purpose: what the load test says must be exactly what they did.
///
/// One after the other: each loads the machine by itself.
@Suite(.serialized) struct LoadTestTests {
    private func plan(_ clients: [ClientGroup], _ kind: LoadPlan.Kind = .smoke, seconds: Double = 1) -> LoadPlan {
        var plan = LoadPlan()
        plan.kind = kind
        plan.schedule = .constant(rate: 400)
        plan.duration = .seconds(seconds)
        plan.warmup = .milliseconds(200)
        plan.clients = clients
        // A machine that tests everything at once is slow.
        plan.drain = .seconds(60)
        return plan
    }

    private func run(
        _ plan: LoadPlan, _ fault: StubServer.Fault = .init()
    ) async throws -> (report: LoadReport, truth: StubServer.Truth) {
        let stub = try await StubServer.start(fault)
        let client = APIClient(try Origin(stub.url), credential: "anything")
        let report = try await LoadTest(plan, against: .running(client), program: "/bin/false", arguments: []).run {
            _ in
        }
        let truth = try await stub.truth
        await stub.stop()
        return (report, truth)
    }

    private func verdict(_ name: String, _ report: LoadReport) -> LoadReport.Verdict? {
        report.checks.first { $0.name == name }?.verdict
    }

    @Test func `a server without faults passes, and the books are those it kept`() async throws {
        let clients = [
            ClientGroup(.fast, count: 7), ClientGroup(.never, count: 2), ClientGroup(.noPong, count: 1),
            ClientGroup(.stall(on: .milliseconds(200), off: .milliseconds(300)), count: 2),
            ClientGroup(.trickle(bytesPerSecond: 4_096), count: 1),
        ]
        let (report, truth) = try await run(plan(clients))
        #expect(report.verdict == .pass, "\(report.reasons)")
        #expect(report.exitCode == 0)
        #expect(report.accounting.published == truth.clicks)
        #expect(report.accounting.received == truth.total(\.delivered))
        #expect(report.accounting.named == truth.total(\.dropped))
        #expect(report.accounting.named > 0)
        #expect(report.accounting.owed == report.accounting.received + report.accounting.named)
        #expect(report.clientCount == 13)
    }

    @Test func `every event that was dropped without a word is unexplained`() async throws {
        let (report, truth) = try await run(plan([ClientGroup(.fast, count: 7)]), .init(dropsOneIn: 1_000))
        #expect(report.accounting.unexplained == truth.total(\.silentlyDropped))
        #expect(report.accounting.unexplained > 1)
        #expect(verdict("loss.unexplained", report) == .fail)
        #expect(report.exitCode == 99)
    }

    @Test(arguments: [StubServer.Fault(reordersOneIn: 100), .init(duplicatesOneIn: 70)])
    func `what came twice or too late is counted exactly`(fault: StubServer.Fault) async throws {
        let (report, truth) = try await run(plan([ClientGroup(.fast, count: 3)]), fault)
        #expect(report.accounting.duplicates == truth.total(\.duplicated))
        #expect(report.accounting.orderViolations == truth.total(\.reordered))
        #expect(report.accounting.unexplained == 0)
        #expect(report.accounting.duplicates + report.accounting.orderViolations > 1)
        #expect(report.exitCode == 99)
    }

    @Test(arguments: [StubServer.Fault.Lie(delivered: -3), .init(dropped: 2)])
    func `books that are not what clients saw fail the run`(lie: StubServer.Fault.Lie) async throws {
        let (report, _) = try await run(plan([ClientGroup(.fast, count: 3)]), .init(liesInBooks: lie))
        #expect(verdict("server.books", report) == .fail)
        #expect(report.accounting.bookMismatches == 3)
        #expect(report.exitCode == 99)
    }

    @Test func `a notice that names the wrong numbers fails the run`() async throws {
        let clients = [ClientGroup(.fast, count: 2), ClientGroup(.never, count: 1)]
        let (report, _) = try await run(plan(clients), .init(namesWrongGap: true))
        #expect(report.accounting.unexplained > 0)
        #expect(report.exitCode == 99)
    }

    @Test func `a connection that ends without a word is seen, and what it missed is fetched`() async throws {
        let (report, truth) = try await run(plan([ClientGroup(.fast, count: 3)]), .init(closesSilentlyAfter: 150))
        #expect(report.closes["0", default: 0] >= 3)
        #expect(report.accounting.unexplained == 0)
        #expect(report.accounting.owed == 3 * truth.clicks)
        #expect(verdict("closes.silent", report) == .fail)
    }

    @Test func `requests that were refused are errors and no events`() async throws {
        let (report, truth) = try await run(plan([ClientGroup(.fast, count: 2)]), .init(answers500OneIn: 50))
        #expect(report.errors.byKind["http_status_500"] == truth.refusedClicks)
        #expect(report.accounting.published == truth.clicks)
        #expect(report.accounting.unexplained == 0)
        // It once passed whatever was refused.
        #expect(verdict("load.acknowledged", report) == .fail)
        #expect(report.exitCode == 99)
    }

    @Test func `a server whose fan-out waits for the slow client fails the isolation test`() async throws {
        var plan = plan([ClientGroup(.fast, count: 8), ClientGroup(.never, count: 3)], .isolation, seconds: 6)
        plan.schedule = .constant(rate: 40)
        plan.warmup = .seconds(1)
        plan.thresholds = [
            "ratio(click.rate)>0", "delivered.count>0 during B", "click.max<60m during A", "sent.count>9",
        ]
        let (report, _) = try await run(plan, .init(blocksOnSlow: .milliseconds(20)))
        #expect(report.thresholds.allSatisfy { $0.verdict == .pass }, "\(report.thresholds)")
        let comparison = try #require(report.isolation?.comparisons.first { $0.percentile == 50 })
        #expect(comparison.verdict == .fail, "\(comparison)")
        #expect(report.exitCode == 99, "\(report.reasons)")
        #expect(report.accounting.unexplained == 0)
    }

    @Test func `a server that keeps what it drops fails by its memory`() async throws {
        var plan = plan([ClientGroup(.fast, count: 2), ClientGroup(.never, count: 4)], .load, seconds: 6)
        plan.warmup = .seconds(1)
        let (report, truth) = try await run(plan, .init(leaksPerDrop: 4_096))
        #expect(truth.leakedBytes > 8 << 20)
        #expect(verdict("server.memory", report) == .fail, "\(report.checks)")
        #expect(report.exitCode == 99)
    }

    /// A publisher that waits for its answer sends nothing while the server is frozen: going by when it sent, hardly any
    /// event was late. Going by when they were due, many were (coordinated omission).
    @Test
    func `a freeze shows in what counts from when events were due, and not in what counts from when they were sent`()
        async throws
    {
        let stub = try await StubServer.start(.init(freezes: .init(length: .milliseconds(300), every: .seconds(1))))
        let link = try await APIClient(try Origin(stub.url), credential: "x").shorten("https://example.com", code: nil)
        let feed = try ForeignFeed(
            url: "ws://127.0.0.1:\(stub.port)/ws?token=x&rooms=url:\(link.shortCode)",
            publish: "GET \(stub.url)/\(link.shortCode)?n={n}", body: nil, payload: 0, hello: [], number: "$.n",
            time: nil,
            headers: [])
        var plan = plan([ClientGroup(.fast, count: 2)], .load, seconds: 4)
        plan.schedule = .constant(rate: 250)
        let report = try await LoadTest(plan, against: .feed(feed), program: "/bin/false", arguments: []).run { _ in }
        await stub.stop()
        let corrected = try #require(report.metrics.first { $0.name == "e2e" }, "\(report.errors)")
        let uncorrected = try #require(report.metrics.first { $0.name == "service" })
        #expect(corrected.p["90"]! > 100_000)
        #expect(uncorrected.p["90"]! < corrected.p["90"]! / 2)
        #expect(report.accounting.unexplained == 0)
    }

    @Test func `a plan that asks for what it does not measure is refused before anything connects`() async throws {
        var plan = LoadPlan()
        plan.thresholds = ["delta(e2e.p99)<1ms"]
        let client = APIClient(try Origin("http://127.0.0.1:1"), credential: nil)
        #expect(throws: KitError.self) {
            try LoadTest(plan, against: .running(client), program: "", arguments: [])
        }
        plan.thresholds = []
        plan.kind = .restart
        #expect(throws: KitError.self) {
            try LoadTest(plan, against: .running(client), program: "", arguments: [])
        }
    }
}
