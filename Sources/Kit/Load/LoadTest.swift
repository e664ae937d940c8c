public import Foundation
import Glibc
import Synchronization

/// A load test from beginning to end: the server, the phases, the books, the report.
public final class LoadTest: Sendable {
    /// What the load is held against.
    public enum Target: Sendable {
        /// A quikko of this run's own: a child process with its data in `directory`, which the caller removes, and these
        /// arguments of `serve` besides.
        case own(directory: URL, arguments: [String])
        /// A quikko that is running.
        case running(APIClient)
        /// Any WebSocket feed.
        case feed(ForeignFeed)

        /// - Throws: `.invalid` when it is another machine: a load test is an attack on whoever did not ask for it.
        public func requireThisMachine() throws(KitError) {
            let hosts: [String] =
                switch self {
                case .own: []
                case .running(let client): [client.origin.host]
                case .feed(let feed): feed.hosts
                }
            for host in hosts {
                guard let address = try? PeerAddress.resolve(host, port: 1), !address.isLoopback else { continue }
                throw KitError(
                    .invalid, "\(host) is another machine; add --allow-remote when you may load it, and only then")
            }
        }

        var isOwn: Bool { if case .own = self { true } else { false } }
    }

    /// How a run stands, for a screen or a log line.
    public struct Progress: Sendable {
        public var phase = ""
        /// Seconds since the start.
        public var elapsed = 0.0
        /// Seconds of this phase that are over.
        public var phaseElapsed = 0.0
        public var clients = 0
        public var open = 0
        public var sent = 0
        public var acknowledged = 0
        public var errors = 0
        public var named = 0
        /// Messages the server says it dropped since the run began; nil where its books cannot be read.
        public var dropped: Int?
        /// Seconds that are over.
        public var seconds: [LoadReport.Second] = []
        public var thresholds: [LoadReport.ThresholdOutcome] = []
        /// What it is waiting for, in words; empty when it is at work.
        public var waitingFor = ""
    }

    let plan: LoadPlan
    let target: Target
    let wire: Wire
    let arguments: [String]
    /// The program's file, for child processes.
    let program: String
    let thresholds: [Threshold]
    private let stopping = Atomic<Bool>(false)
    let children = RunningChildren()

    /// - Parameters:
    ///   - wire: What the clients speak to a quikko.
    ///   - arguments: The command line, for the report, without credentials.
    /// - Throws: `.invalid` when the plan makes no sense or this machine cannot do it.
    public init(
        _ plan: LoadPlan, against target: Target, over wire: Wire = .quikko, program: String, arguments: [String]
    ) throws(KitError) {
        (self.plan, self.target, self.wire, self.program, self.arguments) = (plan, target, wire, program, arguments)
        try plan.validate()
        thresholds = try plan.readThresholds()
        for threshold in thresholds { try threshold.check(for: plan) }
        if case .feed = target, plan.clients.contains(where: { $0.model == .frozen }) {
            throw KitError(
                .invalid, "a frozen client is `quikko subscribe`, which follows quikko only; leave frozen out")
        }
        guard wire == .quikko || plan.kind != .restart && !plan.clients.contains(where: { $0.model == .frozen }) else {
            throw KitError(
                .invalid, "restart and frozen clients go with --protocol quikko: totals cannot be resumed")
        }
        guard plan.kind != .restart || target.isOwn else {
            throw KitError(.invalid, "restart stops and kills its server, so it brings one of its own; leave --url out")
        }
    }

    /// Ends the run at the next moment that makes sense; everything is reported, the verdict is `interrupted`.
    public func stop() { stopping.store(true, ordering: .relaxed) }

    /// For a program that ends at once: takes the private server and the frozen clients with it.
    public func abandon() { children.killAll() }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// - Parameter progress: Called twenty times a second.
    /// - Throws: what keeps the test from being held at all; what goes wrong later is in the report.
    public func run(_ progress: @escaping @Sendable (Progress) -> Void) async throws(KitError) -> LoadReport {
        let subject = try await LoadSubject.prepare(target, plan, wire, program, children)
        do {
            let report = try await LoadConductor(self, subject, progress).conduct()
            await subject.end()
            return report
        } catch {
            await subject.end()
            throw error as? KitError ?? KitError(.internal, "the load generator failed: \(error)", cause: error)
        }
    }
}
