import ArgumentParser
import Glibc
import Kit

/// Runs the floor that `quikko bench` measures against.
struct FloorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor",
        abstract: "Run a server that does only what none can avoid.",
        shouldDisplay: false
    )

    @Option(help: "The port on 127.0.0.1; 0 takes any free one.")
    var port: UInt16

    @Option(help: "Messages collected into one send per subscriber.")
    var batch = 1

    @Option(help: "SO_SNDBUF of every connection, in bytes; the kernel doubles it.")
    var sndbuf: Int32?

    func validate() throws {
        guard (1...1_024).contains(batch) else { throw ValidationError("--batch takes 1 to 1024") }
        guard sndbuf.map({ $0 > 0 }) ?? true else { throw ValidationError("--sndbuf takes a positive number") }
    }

    func run() throws {
        let server = try FloorServer(port: port, batch: batch, sendBuffer: sndbuf)
        print(#"{"url":"http://127.0.0.1:\#(server.port)","port":\#(server.port),"pid":\#(getpid())}"#)
        // Whoever waits for this line has a pipe, and a pipe is not flushed line by line.
        fflush(nil)
        try server.run()
    }
}
