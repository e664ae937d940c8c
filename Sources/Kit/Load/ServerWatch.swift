import Glibc

/// Looks at the server once a second while the run goes on: memory, processor time, what it dropped.
struct ServerWatch: Sendable {
    struct Sample: Sendable {
        /// Monotonic nanoseconds.
        var at: Int64 = 0
        var memory: Int?
        /// Nanoseconds of processor time since the server began; nil where its process cannot be seen.
        var processor: UInt64?
        var descriptors: Int?
        /// From its books; nil where they cannot be read.
        var dropped: Int?
        var pending: Int?
    }

    /// On this machine; nil for any other.
    var process: Int32?
    let client: APIClient?

    func sample() async -> Sample {
        var sample = Sample()
        // A server that is being restarted has nothing to say: the next second asks again.
        let books = try? await client?.server()
        sample.at = Int64(MonotonicClock.now())
        sample.dropped = books.map { $0.messages.dropped.whileOpen }
        sample.pending = books?.messages.pending
        sample.memory = books?.memoryBytes
        guard let process else { return sample }
        sample.memory = ProcessUsage.roughResidentBytes(process: process) ?? sample.memory
        sample.processor = try? ProcessUsage.read(process: process, core: nil).total
        sample.descriptors = Self.descriptors(process)
        return sample
    }

    /// Open files of a process; nil where it cannot be seen.
    static func descriptors(_ process: Int32) -> Int? { try? ProcFile.numbers(in: "/proc/\(process)/fd").count }
}
