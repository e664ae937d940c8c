/// The files a machine tells about itself in, below /proc, /sys and /etc.
public struct MachineFiles: Sendable {
    /// At most 1 MiB of a file by its full path; nil when it is not there or not for us.
    let read: @Sendable (String) -> String?

    init(_ read: @escaping @Sendable (String) -> String?) { self.read = read }

    /// Those of this machine.
    public static let live = MachineFiles { try? ProcFile.read($0) }

    /// The whole file without blanks around it.
    func word(_ path: String) -> String? {
        read(path)?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Its whole numbers, as far as it begins with some.
    func numbers(_ path: String) -> [Int] {
        (read(path) ?? "").split(whereSeparator: \.isWhitespace).map { Int($0) }.prefix { $0 != nil }.compactMap(\.self)
    }

    /// Bytes on the line `name: … kB` of /proc/meminfo.
    func memory(_ name: String) -> Int? {
        read("/proc/meminfo").flatMap { ProcFile.kilobytes("\(name):", in: $0) }
    }

    /// Open files this process may have now, and after raising its own limit; `Int.max` is without one.
    var descriptors: (soft: Int, hard: Int)? {
        guard
            let line = read("/proc/self/limits")?.split(separator: "\n").first(where: { $0.hasPrefix("Max open files") }
            )
        else { return nil }
        let limits = line.split(separator: " ").dropFirst(3).prefix(2).map { $0 == "unlimited" ? Int.max : Int($0) }
        guard limits.count == 2, let soft = limits[0], let hard = limits[1] else { return nil }
        return (soft, hard)
    }

    /// CPUs this process may run on, from a list such as `0-3,7`.
    var cpus: Int? {
        let line = read("/proc/self/status")?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        guard let list = line?.split(whereSeparator: \.isWhitespace).dropFirst().first else { return nil }
        var count = 0
        for range in list.split(separator: ",") {
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, (0...1 << 20).contains(first), last >= first,
                last <= 1 << 20
            else { return nil }
            count += last - first + 1
        }
        return count
    }

    /// CPUs' worth of time a control group leaves us; nil without a limit.
    var cpuQuota: Double? {
        let parts = (read("/sys/fs/cgroup/cpu.max") ?? "").split(whereSeparator: \.isWhitespace).compactMap {
            Double($0)
        }
        return parts.count == 2 && parts[1] > 0 ? parts[0] / parts[1] : nil
    }

    /// Connections of ours that ended and keep their ports for a minute yet.
    var timeWait: Int? {
        if let line = read("/proc/net/sockstat")?.split(separator: "\n").first(where: { $0.hasPrefix("TCP:") }) {
            let words = line.split(separator: " ")
            if let place = words.firstIndex(of: "tw"), place + 1 < words.count { return Int(words[place + 1]) }
        }
        // The fourth column is the state; 06 is TIME_WAIT (include/net/tcp_states.h).
        return read("/proc/net/tcp")?.split(separator: "\n").dropFirst().count { line in
            line.split(separator: " ").dropFirst(3).first == "06"
        }
    }
}

extension LoadReport.Host {
    /// What a report tells of the machine; 0 or nothing where it does not say.
    public init(_ files: MachineFiles) {
        self.init()
        let release = files.read("/etc/os-release") ?? files.read("/usr/lib/os-release") ?? ""
        let name = release.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
        os = name.map { $0.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" } } ?? "Linux"
        kernel = files.word("/proc/sys/kernel/osrelease") ?? ""
        cpus = files.cpus ?? 0
        memoryBytes = files.memory("MemTotal") ?? 0
        descriptorsSoft = files.descriptors?.soft ?? 0
        descriptorsHard = files.descriptors?.hard ?? 0
        portRange = files.numbers("/proc/sys/net/ipv4/ip_local_port_range")
        tcpReadBuffer = files.numbers("/proc/sys/net/ipv4/tcp_rmem")
        tcpWriteBuffer = files.numbers("/proc/sys/net/ipv4/tcp_wmem")
        somaxconn = files.numbers("/proc/sys/net/core/somaxconn").first ?? 0
    }
}
