/// What a load test found: the numbers with their units, and what follows from them.
///
/// As JSON its names are written with underscores (`run_id`); `docs/loadtest-report.schema.json` describes it. Times within the
/// run are milliseconds since its start, durations microseconds (`…Us`) unless a name says otherwise, sizes bytes.
public struct LoadReport: Codable, Sendable, Equatable {
    public static let schemaName = "quikko.loadtest/1"

    public var schema = Self.schemaName
    public var runId = ""
    public var quikkoVersion = Kit.version
    /// RFC 3339 UTC.
    public var startedAt = ""
    public var endedAt = ""
    public var wallSeconds = 0.0
    /// The command line, credentials taken out.
    public var arguments: [String] = []
    public var plan = LoadPlan()
    public var verdict = Verdict.inconclusive
    public var exitCode = 0
    /// Why the verdict is what it is, one sentence each, the weightiest first.
    public var reasons: [String] = []
    public var checks: [Check] = []
    public var thresholds: [ThresholdOutcome] = []
    public var host = Host()
    public var server = ServerSide()
    public var load = Offered()
    public var metrics: [MetricSummary] = []
    public var accounting = Accounting()
    /// The worst hundred; `clientCount` says how many there were.
    public var clients: [ClientSummary] = []
    public var clientCount = 0
    public var isolation: Isolation?
    public var restart: Restart?
    public var generator = Generator()
    public var errors = Failures()
    /// WebSocket close codes by how often they came; `0` is a connection that ended without one.
    public var closes: [String: Int] = [:]
    public var timeline: [Second] = []
    /// What a reader should know before believing the figures.
    public var notes: [String] = []

    public init() {}

    public enum Verdict: String, Codable, Sendable, CaseIterable {
        case pass, fail, inconclusive, interrupted, error
    }

    /// One thing every run of this kind must show, whatever thresholds were asked for.
    public struct Check: Codable, Sendable, Equatable {
        /// Such as `loss.unexplained`.
        public var name: String
        public var verdict: Verdict
        /// What was seen against what is allowed, in one sentence.
        public var words: String
        /// A correctness check keeps its verdict when the generator was too slow; a performance check does not.
        public var isCorrectness: Bool

        public init(name: String, verdict: Verdict, words: String, isCorrectness: Bool) {
            self.name = name
            self.verdict = verdict
            self.words = words
            self.isCorrectness = isCorrectness
        }
    }

    public struct ThresholdOutcome: Codable, Sendable, Equatable {
        /// As it was written.
        public var expression: String
        /// With its unit, such as `3.1 ms`; nil when there was nothing to look at.
        public var observed: String?
        public var bound: String
        /// How far inside the bound, in percent of it; negative outside; nil where that means nothing.
        public var marginPercent: Double?
        public var samples: Int
        /// pass, fail or inconclusive.
        public var verdict: Verdict
        /// The run was ended because of it.
        public var isAborted = false
        /// What makes it inconclusive, or for whom it failed.
        public var note: String?

        public init(expression: String, bound: String, samples: Int = 0, verdict: Verdict) {
            self.expression = expression
            self.bound = bound
            self.samples = samples
            self.verdict = verdict
        }
    }

    public struct Host: Codable, Sendable, Equatable {
        public var os = ""
        public var kernel = ""
        public var cpus = 0
        public var memoryBytes = 0
        public var descriptorsSoft = 0
        public var descriptorsHard = 0
        public var portRange: [Int] = []
        /// min, default, max.
        public var tcpReadBuffer: [Int] = []
        public var tcpWriteBuffer: [Int] = []
        public var somaxconn = 0

        public init() {}
    }

    public struct ServerSide: Codable, Sendable, Equatable {
        /// `private` (a child of this run), `remote` or `foreign` (not quikko).
        public var kind = "private"
        public var url = ""
        public var version: String?
        public var isOnThisHost = true
        public var loops: Int?
        /// Of its process when it is on this host.
        public var memory: Memory?
        /// Core-seconds it used while measured, and that as a share of one core.
        public var cpuSeconds: Double?
        public var cpuShare: Double?
        public var descriptorsBefore: Int?
        public var descriptorsAfter: Int?

        public init() {}

        public struct Memory: Codable, Sendable, Equatable {
            public var beforeBytes = 0
            public var measuredPeakBytes = 0
            public var afterBytes = 0
            /// Bytes a second while measured, and its 95 % interval.
            public var slope: Double?
            public var slopeLow: Double?
            public var slopeHigh: Double?

            public init() {}
        }
    }

    /// What was asked of the server.
    public struct Offered: Codable, Sendable, Equatable {
        /// Events a second while measured.
        public var targetRate = 0.0
        public var achievedRate = 0.0
        public var sent = 0
        /// Scheduled and not sent, because too many were under way.
        public var missed = 0
        public var phases: [Phase] = []

        public init() {}

        public struct Phase: Codable, Sendable, Equatable {
            /// `connect`, `warmup`, `measure`, `drain`, `verify`.
            public var name: String
            public var startMs: Int
            public var endMs: Int
            public var sent: Int

            public init(name: String, startMs: Int, endMs: Int, sent: Int) {
                self.name = name
                self.startMs = startMs
                self.endMs = endMs
                self.sent = sent
            }
        }
    }

    public struct MetricSummary: Codable, Sendable, Equatable {
        /// Such as `e2e`.
        public var name: String
        /// Of whom: `all`, `fast`, `slow`, `slow/never`, …; with `@A` or `@B` behind it, of one owner of the isolation test.
        public var scope: String
        /// `us`, `bytes`, `1` or `%`.
        public var unit: String
        public var count = 0
        public var rate: Double?
        public var min: Double?
        public var avg: Double?
        public var med: Double?
        public var max: Double?
        public var stddev: Double?
        /// By percentile (`50`, `75`, `90`, `95`, `99`, `99.9`, `99.99`); one is there only with ten samples behind it.
        public var p: [String: Double] = [:]
        /// Every step that has something in it: [value, count], rising. Enough to rebuild percentiles to 1 %, and to merge.
        public var histogram: [[Int]]?

        public init(name: String, scope: String, unit: String) {
            self.name = name
            self.scope = scope
            self.unit = unit
        }
    }

    /// What became of every event owed to every client, all clients together.
    public struct Accounting: Codable, Sendable, Equatable {
        /// Events the server acknowledged; each has its number.
        public var published = 0
        /// Numbers owed: for each client those of its feed from when it joined.
        public var owed = 0
        public var received = 0
        /// Numbers named in gap notices.
        public var named = 0
        /// Numbers in holes the server told of.
        public var inHoles = 0
        /// Delivered to the kernel of a client that was reset or vanished, and never asked for again.
        public var inDoubt = 0
        public var duplicates = 0
        public var orderViolations = 0
        public var unexplained = 0
        /// From the server's own books; nil when they could not be read.
        public var serverDelivered: Int?
        public var serverDropped: Int?
        /// Clients whose count and the server's disagree.
        public var bookMismatches: Int?

        public init() {}
    }

    public struct ClientSummary: Codable, Sendable, Equatable {
        public var id = 0
        /// `fast`, `slow` or `churn`.
        public var role = "fast"
        /// `never`, `trickle=1KiB/s`, …; nil for fast ones.
        public var model: String?
        /// The feed it follows: `A` or `B` in the isolation test, else the room.
        public var feed = ""
        /// The server's name for the last connection.
        public var connection: String?
        public var owed = 0
        public var received = 0
        public var named = 0
        public var inHoles = 0
        public var inDoubt = 0
        public var duplicates = 0
        public var orderViolations = 0
        public var unexplained = 0
        public var firstNumber: Int?
        public var lastNumber: Int?
        public var reconnects = 0
        public var closeCode: Int?
        /// Of the events it received while measured.
        public var e2eP50Us: Int?
        public var e2eP99Us: Int?
        /// From when a stalled client read again to the first fresh event.
        public var recoveryMs: Double?
        /// From the server's books of this connection.
        public var serverDelivered: Int?
        public var serverDropped: Int?

        public init() {}
    }

    /// Two feeds with equally many fast clients, B with stalled ones beside them; whose link is clicked is a coin's choice.
    public struct Isolation: Codable, Sendable, Equatable {
        public var blockMs = 250
        public var fastPerFeed = 0
        public var stalled = 0
        public var blocks: [Block] = []
        /// One for each percentile compared, such as 50, 95 and 99.
        public var comparisons: [Comparison] = []
        /// Bytes the kernel and the outbox of the server took for the stalled client that got the most, before its first drop.
        public var swallowedBytes: Int?
        /// From the start until every stalled client had lost something.
        public var filledAfterMs: Int?
        /// Messages the server dropped for stalled clients while measured.
        public var dropsWhileMeasured = 0

        public init() {}

        public struct Block: Codable, Sendable, Equatable {
            /// `A` or `B`.
            public var feed: String
            public var startMs: Int
            public var endMs: Int
            public var events: Int
            public var deliveries: Int
            public var p50Us: Int
            public var p95Us: Int
            public var p99Us: Int
            public var maxUs: Int
            /// Messages the server dropped in it; nil when that was not known so finely.
            public var drops: Int?

            public init(
                feed: String, startMs: Int, endMs: Int, events: Int, deliveries: Int, p50Us: Int, p95Us: Int,
                p99Us: Int,
                maxUs: Int, drops: Int?
            ) {
                self.feed = feed
                self.startMs = startMs
                self.endMs = endMs
                self.events = events
                self.deliveries = deliveries
                self.p50Us = p50Us
                self.p95Us = p95Us
                self.p99Us = p99Us
                self.maxUs = maxUs
                self.drops = drops
            }
        }

        public struct Comparison: Codable, Sendable, Equatable {
            public var percentile: Double
            public var aUs: Double
            public var bUs: Double
            /// B minus A, and its 95 % interval.
            public var deltaUs: Double
            public var lowUs: Double
            public var highUs: Double
            /// What the upper end may be at most; nil for one that is shown and not judged.
            public var boundUs: Double?
            public var verdict: Verdict?
            /// B's mean minus A's, which a cost in few blocks shows in and `deltaUs` does not, and its standard error.
            public var meanDeltaUs: Double?
            public var meanErrorUs: Double?
            /// By how much halves of A's own blocks differ.
            public var noiseUs: Double?

            public init(
                percentile: Double, aUs: Double, bUs: Double, deltaUs: Double, lowUs: Double, highUs: Double,
                boundUs: Double?, verdict: Verdict?
            ) {
                self.percentile = percentile
                self.aUs = aUs
                self.bUs = bUs
                self.deltaUs = deltaUs
                self.lowUs = lowUs
                self.highUs = highUs
                self.boundUs = boundUs
                self.verdict = verdict
            }
        }
    }

    /// What the restart test did to the server, and what the log said afterwards.
    public struct Restart: Codable, Sendable, Equatable {
        public var stops: [Stop] = []
        /// Events in the log at the end, read back page by page.
        public var logged = 0
        public var acknowledged = 0
        /// Acknowledged and not in the log: each lies behind the end of its epoch, which the server names.
        public var lost = 0
        /// Requests that a stop left without an answer.
        public var unanswered = 0

        public init() {}

        public struct Stop: Codable, Sendable, Equatable {
            /// `kill` (SIGKILL) or `term` (SIGTERM).
            public var how: String
            public var atMs: Int
            /// Until it accepted again.
            public var downMs: Int
            /// Until every client was back and had everything.
            public var recoveredMs: Int?

            public init(how: String, atMs: Int, downMs: Int, recoveredMs: Int?) {
                self.how = how
                self.atMs = atMs
                self.downMs = downMs
                self.recoveredMs = recoveredMs
            }
        }
    }

    /// Whether the load generator could do what it was asked to.
    public struct Generator: Codable, Sendable, Equatable {
        public enum Health: String, Codable, Sendable { case ok, degraded, saturated }

        public var health = Health.ok
        public var reasons: [String] = []
        /// Share of one core its thread was busy while measured.
        public var cpuShare: Double?
        public var memoryBytes: Int?
        /// How late a 10 ms timer was.
        public var loopLagP99Us: Int?
        public var scheduleLagP99Us: Int?

        public init() {}
    }

    public struct Failures: Codable, Sendable, Equatable {
        /// `refused`, `timeout_connect`, `http_status_404`, `reset`, …, by how often. Those named `local_…` are the generator's own.
        public var byKind: [String: Int] = [:]
        /// At most 20.
        public var samples: [String] = []

        public init() {}
    }

    /// One second of the run.
    public struct Second: Codable, Sendable, Equatable {
        public var atMs = 0
        public var phase = ""
        public var sent = 0
        public var acknowledged = 0
        /// Events received by fast and by slow clients.
        public var fast = 0
        public var slow = 0
        /// Numbers named in gap notices that came, and messages the server says it dropped, in this second.
        public var named = 0
        public var dropped: Int?
        public var p50Us: Int?
        public var p99Us: Int?
        public var maxUs: Int?
        public var clickP99Us: Int?
        public var connections = 0
        public var errors = 0
        public var serverMemoryBytes: Int?
        public var serverCpuShare: Double?
        public var generatorCpuShare: Double?
        public var scheduleLagP99Us: Int?

        public init() {}
    }
}
