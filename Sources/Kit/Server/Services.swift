import Logging
import NIOCore
import Synchronization

/// What every connection may ask for; made once at start.
final class Services: Sendable {
    let configuration: ServerConfiguration
    let directory: Directory
    let authenticator: Authenticator
    let links: LinkTable
    let sequencer: Sequencer
    let recorder: ClickRecorder
    let codes: CodeMaker
    let log: Logger
    /// Open WebSockets, for the limit.
    let connectionCount = Atomic<Int>(0)
    /// Known once the server listens: how short URLs begin.
    private let address = Mutex("")
    /// The server's loops, for totals; set once before the first connection.
    private let allLoops = Mutex<[ServerLoop]>([])
    private let stopping = Atomic<Bool>(false)

    init(
        configuration: ServerConfiguration, directory: Directory, authenticator: Authenticator, links: LinkTable,
        sequencer: Sequencer, recorder: ClickRecorder, log: Logger
    ) {
        self.configuration = configuration
        self.directory = directory
        self.authenticator = authenticator
        self.links = links
        self.sequencer = sequencer
        self.recorder = recorder
        codes = CodeMaker(seed: configuration.seed)
        self.log = log
    }

    var baseURL: String {
        get { address.withLock { $0 } }
        set { address.withLock { $0 = newValue } }
    }

    var loops: [ServerLoop] {
        get { allLoops.withLock { $0 } }
        set { allLoops.withLock { $0 = newValue } }
    }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }
    func beginStopping() { stopping.store(true, ordering: .relaxed) }

    /// Why the server does not do all it promises; empty when it does.
    var complaints: [String] {
        var reasons: [String] = []
        if recorder.isFailing { reasons.append("the click log cannot be written") }
        if sequencer.counters.lost > 0 { reasons.append("clicks were lost from the log") }
        return reasons
    }
}
