import Glibc

/// One round: two servers, both there all the time, that are measured in turn. What slows the machine for a while
/// slows both; while one has its turn the other does nothing.
struct BenchTurns {
    struct Player {
        var workload: any Workload
        let process: Int32
        /// Nil when the server is not alone on its core.
        let core: Int?
        private(set) var cost = TurnCost()

        init(_ workload: some Workload, process: Int32, core: Int?) {
            (self.workload, self.process, self.core) = (workload, process, core)
        }

        /// The bill is of all that the turn caused: it is read when the server has come to rest. The rate is the turn's own.
        mutating func turn(seconds: Double) throws {
            let before = try ProcessUsage.read(process: process, core: core)
            let counted = workload.count
            let start = MonotonicClock.now()
            try workload.begin()
            let deadline = start + UInt64(seconds * Double(MonotonicClock.second))
            while MonotonicClock.now() < deadline { try workload.step() }
            let taken = Double(MonotonicClock.now() - start) / Double(MonotonicClock.second)
            let rate = Double(workload.count - counted) / taken
            try workload.rest()
            try settle()
            let after = try ProcessUsage.read(process: process, core: core)
            cost.add(workload.count - counted, rate: rate, bill: after.bill(since: before))
        }

        /// Until the process has done next to nothing for 130 ms: a log is written within 100 ms of the click. At most 2 s.
        private func settle() throws {
            let deadline = MonotonicClock.after(seconds: 2)
            var spent = try ProcessUsage.read(process: process, core: nil).total
            var restingSince = MonotonicClock.now()
            while MonotonicClock.now() - restingSince < 130 * MonotonicClock.millisecond,
                MonotonicClock.now() < deadline
            {
                try BenchInterrupt.check()
                usleep(10_000)
                let now = try ProcessUsage.read(process: process, core: nil).total
                // Timers tick all the time, for some microseconds.
                if now - spent > MonotonicClock.millisecond / 2 { restingSince = MonotonicClock.now() }
                spent = now
            }
        }

        mutating func warmUp(seconds: Double) throws {
            try turn(seconds: seconds)
            cost = TurnCost()
            workload.forget()
        }
    }

    /// Seconds for each, all turns together; the warm-up comes on top, a quarter of it and at most 0.5 s.
    let seconds: Double
    /// Seconds of one turn.
    let turn: Double

    /// The two's samples; whoever is at `first` begins.
    func play(_ players: inout [Player], first: Int) throws -> [[BenchSample]] {
        for index in players.indices { try players[index].warmUp(seconds: min(0.5, seconds / 4)) }
        let turns = max(1, Int((seconds / turn).rounded()))
        for number in 0..<turns {
            for offset in players.indices {
                let index = (first + number + offset) % players.count
                try players[index].turn(seconds: seconds / Double(turns))
            }
        }
        return players.map { $0.workload.samples($0.cost) }
    }
}
