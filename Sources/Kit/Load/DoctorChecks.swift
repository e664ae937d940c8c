/// The checks, one function each: what the machine says, and from where on that is a worry.
extension Doctor {
    /// Of generator and server together, per connection, generously.
    private static let bytesPerConnection = 128 << 10
    /// Where the kernel finds no port at once any more.
    private static let crowded = 0.8

    static func descriptors(_ connections: Int, _ files: MachineFiles) -> Finding {
        let needed = connections + LoadLimits.otherDescriptors
        guard let (soft, hard) = files.descriptors else { return unreadable("descriptors") }
        func words(_ limit: Int) -> String { limit == .max ? "no limit" : FigureText.count(limit) }
        let found = "\(words(soft)) now, \(words(hard)) at most, \(FigureText.count(needed)) needed"
        guard needed > hard else { return Finding(name: "descriptors", verdict: .ok, words: found) }
        let advice = "as root: ulimit -Hn \(needed), or LimitNOFILE=\(needed) in the unit; or plan fewer clients"
        return Finding(name: "descriptors", verdict: .bad, words: found, advice: advice)
    }

    static func ports(_ connections: Int, _ files: MachineFiles) -> Finding {
        let range = files.numbers("/proc/sys/net/ipv4/ip_local_port_range")
        guard range.count == 2, range[0] >= 0, range[1] >= range[0], range[1] <= 65_535 else {
            return unreadable("ports")
        }
        let free = max(0, range[1] - range[0] + 1 - (files.timeWait ?? 0))
        let found =
            "\(FigureText.count(free)) free of \(range[0]) to \(range[1]), \(FigureText.count(connections)) needed"
        guard Double(connections) > crowded * Double(free) else {
            return Finding(name: "ports", verdict: .ok, words: found)
        }
        let advice =
            "on this host the test spreads over 127.0.0.2 and on; elsewhere: sysctl net.ipv4.ip_local_port_range='1024 65535'"
        return Finding(name: "ports", verdict: .warn, words: found, advice: advice)
    }

    static func timeWait(_ files: MachineFiles) -> Finding {
        guard let count = files.timeWait else { return unreadable("time-wait") }
        let found = "\(FigureText.count(count)) ended connections keep their ports"
        guard count > 5_000 else { return Finding(name: "time-wait", verdict: .ok, words: found) }
        return Finding(
            name: "time-wait", verdict: .warn, words: found, advice: "wait a minute, or end what connects so often")
    }

    static func reuse(_ files: MachineFiles) -> Finding {
        guard let mode = files.numbers("/proc/sys/net/ipv4/tcp_tw_reuse").first else {
            return unreadable("tcp_tw_reuse")
        }
        let found = [0: "0: off", 1: "1: on", 2: "2: on for loopback"][mode] ?? "\(mode)"
        guard mode == 0 else { return Finding(name: "tcp_tw_reuse", verdict: .ok, words: found) }
        let advice = "sysctl net.ipv4.tcp_tw_reuse=2, or ports run short when clients come and go"
        return Finding(name: "tcp_tw_reuse", verdict: .warn, words: found, advice: advice)
    }

    static func backlog(_ connections: Int, _ files: MachineFiles) -> Finding {
        guard let limit = files.numbers("/proc/sys/net/core/somaxconn").first else { return unreadable("somaxconn") }
        let found = "\(FigureText.count(limit)) connections may wait to be accepted"
        guard limit < min(max(connections, 128), 1_024) else {
            return Finding(name: "somaxconn", verdict: .ok, words: found)
        }
        return Finding(
            name: "somaxconn", verdict: .warn, words: found, advice: "sysctl net.core.somaxconn=4096, or connect slower"
        )
    }

    /// Never a worry for quikko, which bounds its own; a foreign server's stalled clients swallow this much unseen.
    static func buffers(_ file: String, _ verb: String, _ files: MachineFiles) -> Finding {
        let sizes = files.numbers("/proc/sys/net/ipv4/\(file)")
        guard sizes.count == 3 else { return unreadable(file) }
        let found =
            "\(verb) buffers of \(sizes.map { FigureText.size($0) }.joined(separator: ", ")) (least, first, most)"
        return Finding(name: file, verdict: .ok, words: found)
    }

    static func cpus(_ files: MachineFiles) -> Finding {
        guard let count = files.cpus else { return unreadable("cpus") }
        let quota = files.cpuQuota
        let found = "\(count) for this process" + (quota.map { ", a quota of \(FigureText.fixed($0, 1))" } ?? "")
        guard min(Double(count), quota ?? .infinity) < 2 else {
            return Finding(name: "cpus", verdict: .ok, words: found)
        }
        let advice = "generator and server will wait for one another; use two, or a server on another machine"
        return Finding(name: "cpus", verdict: .warn, words: found, advice: advice)
    }

    static func governor(_ files: MachineFiles) -> Finding {
        guard let name = files.word("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") else {
            return Finding(name: "governor", verdict: .ok, words: "none: the clock rate is not ours to see")
        }
        guard ["powersave", "conservative", "ondemand"].contains(name) else {
            return Finding(name: "governor", verdict: .ok, words: name)
        }
        let advice = "as root: cpupower frequency-set -g performance, or times at low rates are those of a slowed CPU"
        return Finding(name: "governor", verdict: .warn, words: name, advice: advice)
    }

    static func load(_ files: MachineFiles) -> Finding {
        guard let minute = files.read("/proc/loadavg")?.split(separator: " ").first.flatMap({ Double($0) }) else {
            return unreadable("load")
        }
        let cpus = Double(files.cpus ?? 1)
        let found = "\(FigureText.fixed(minute, 2)) over the last minute on \(FigureText.fixed(cpus, 0)) CPUs"
        let advice = "see what else runs here and let it finish"
        switch minute {
        case ..<(cpus * 0.5): return Finding(name: "load", verdict: .ok, words: found)
        case ..<cpus: return Finding(name: "load", verdict: .warn, words: found, advice: advice)
        default: return Finding(name: "load", verdict: .bad, words: found, advice: advice)
        }
    }

    static func memory(_ connections: Int, _ files: MachineFiles) -> Finding {
        guard let free = files.memory("MemAvailable") else { return unreadable("memory") }
        let needed = connections * bytesPerConnection
        let found = "\(FigureText.size(free)) available, at most \(FigureText.size(needed)) needed"
        guard needed > free else { return Finding(name: "memory", verdict: .ok, words: found) }
        return Finding(
            name: "memory", verdict: .bad, words: found, advice: "plan fewer clients, or end what holds the memory")
    }

    static func swap(_ files: MachineFiles) -> Finding {
        guard let total = files.memory("SwapTotal"), let free = files.memory("SwapFree") else {
            return unreadable("swap")
        }
        guard total > 0 else { return Finding(name: "swap", verdict: .ok, words: "none") }
        let used = max(0, total - free)
        let found = "\(FigureText.size(used)) of \(FigureText.size(total)) used"
        guard used > 64 << 20 else { return Finding(name: "swap", verdict: .ok, words: found) }
        let advice = "end what holds the memory; a page that has to come back delays whoever touches it"
        return Finding(name: "swap", verdict: .warn, words: found, advice: advice)
    }

    static func clock(_ files: MachineFiles) -> Finding {
        guard let source = files.word("/sys/devices/system/clocksource/clocksource0/current_clocksource") else {
            return unreadable("clock")
        }
        // These are read by a system call or over a bus, at a microsecond each.
        guard ["hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"].contains(source) else {
            return Finding(name: "clock", verdict: .ok, words: source)
        }
        let advice = "see `available_clocksource` beside it and the kernel's log for why tsc was given up"
        return Finding(name: "clock", verdict: .warn, words: source, advice: advice)
    }

    static func reading(_ timing: MachineTiming) -> Finding {
        let found = "\(FigureText.fixed(timing.clockReadNanoseconds, 0)) ns to read the clock"
        guard timing.clockReadNanoseconds > 250 else { return Finding(name: "clock read", verdict: .ok, words: found) }
        let advice = "high rates will cost the generator its core; see the clock source above"
        return Finding(name: "clock read", verdict: .warn, words: found, advice: advice)
    }

    static func sleeping(_ timing: MachineTiming) -> Finding {
        let late = timing.worstSleepMicroseconds
        let found = "\(FigureText.duration(late)) late at worst, in sleeps of 1 ms over 200 ms"
        let advice = "something else takes the CPU; percentiles below this are the machine's, not the server's"
        switch late {
        case ...1_000: return Finding(name: "scheduling", verdict: .ok, words: found)
        case ...10_000: return Finding(name: "scheduling", verdict: .warn, words: found, advice: advice)
        default: return Finding(name: "scheduling", verdict: .bad, words: found, advice: advice)
        }
    }

    private static func unreadable(_ name: String) -> Finding {
        Finding(
            name: name, verdict: .warn, words: "cannot be read here", advice: "a container may hide it; ask on the host"
        )
    }
}
