import Testing

@testable import Kit

struct DoctorTests {
    private static let files = [
        "/etc/os-release": "NAME=\"Example\"\nPRETTY_NAME=\"Example Linux 9\"\n",
        "/proc/sys/kernel/osrelease": "6.1.0-9-amd64\n",
        "/proc/self/limits": """
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             unlimited            unlimited            processes
        Max open files            1024                 524288               files
        """,
        "/proc/self/status": "Name:\tquikko\nCpus_allowed:\tf\nCpus_allowed_list:\t0-2,7\n",
        "/proc/meminfo":
            "MemTotal:       8000000 kB\nMemAvailable:   6000000 kB\nSwapTotal:      1000000 kB\nSwapFree:  1000000 kB\n",
        "/proc/loadavg": "0.25 0.10 0.05 1/200 1234\n",
        "/proc/net/sockstat": "sockets: used 200\nTCP: inuse 5 orphan 0 tw 12 alloc 7 mem 1\nUDP: inuse 1 mem 0\n",
        "/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
        "/proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456\n",
        "/proc/sys/net/ipv4/tcp_wmem": "4096\t16384\t4194304\n",
        "/proc/sys/net/ipv4/tcp_tw_reuse": "2\n",
        "/proc/sys/net/core/somaxconn": "4096\n",
        "/sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
        "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
        "/sys/fs/cgroup/cpu.max": "max 100000\n",
    ]
    private static let quiet = MachineTiming(clockReadNanoseconds: 25, worstSleepMicroseconds: 80)

    static let machine = machine([:])

    /// The files above with some replaced; an empty one is not there.
    private static func machine(_ changes: [String: String]) -> MachineFiles {
        let files = files.merging(changes) { $1 }
        return MachineFiles { path in files[path].flatMap { $0.isEmpty ? nil : $0 } }
    }

    private static func finding(
        _ name: String, _ changes: [String: String] = [:], connections: Int = 220, timing: MachineTiming = quiet
    ) throws -> Doctor.Finding {
        let doctor = Doctor(connections: connections, files: machine(changes), timing: timing)
        return try #require(doctor.findings.first { $0.name == name })
    }

    @Test func `a fit machine is told so, line by line`() {
        let doctor = Doctor(connections: 220, files: Self.machine, timing: Self.quiet)
        #expect(doctor.verdict == .ok)
        #expect(
            doctor.text == """
                ok    descriptors   1,024 now, 524,288 at most, 286 needed
                ok    ports         28,220 free of 32768 to 60999, 220 needed
                ok    time-wait     12 ended connections keep their ports
                ok    tcp_tw_reuse  2: on for loopback
                ok    somaxconn     4,096 connections may wait to be accepted
                ok    tcp_rmem      read buffers of 4.0 KiB, 128.0 KiB, 6.0 MiB (least, first, most)
                ok    tcp_wmem      write buffers of 4.0 KiB, 16.0 KiB, 4.0 MiB (least, first, most)
                ok    cpus          4 for this process
                ok    governor      performance
                ok    load          0.25 over the last minute on 4 CPUs
                ok    memory        5.7 GiB available, at most 27.5 MiB needed
                ok    swap          0 B of 976.6 MiB used
                ok    clock         tsc
                ok    clock read    25 ns to read the clock
                ok    scheduling    80 µs late at worst, in sleeps of 1 ms over 200 ms

                """)
    }

    @Test(arguments: [
        (
            "descriptors", "/proc/self/limits",
            "Max open files            100                  128                  files", Doctor.Verdict.bad
        ),
        (
            "descriptors", "/proc/self/limits",
            "Max open files            unlimited            unlimited            files", .ok
        ),
        ("descriptors", "/proc/self/limits", "Max open files", .warn),
        ("ports", "/proc/sys/net/ipv4/ip_local_port_range", "40000 40200", .warn),
        ("ports", "/proc/sys/net/ipv4/ip_local_port_range", "60999 32768", .warn),
        ("ports", "/proc/net/sockstat", "TCP: inuse 5 orphan 0 tw 28100 alloc 7 mem 1", .warn),
        ("time-wait", "/proc/net/sockstat", "TCP: inuse 5 orphan 0 tw 28100 alloc 7 mem 1", .warn),
        ("tcp_tw_reuse", "/proc/sys/net/ipv4/tcp_tw_reuse", "0", .warn),
        ("somaxconn", "/proc/sys/net/core/somaxconn", "128", .warn),
        ("tcp_rmem", "/proc/sys/net/ipv4/tcp_rmem", "4096", .warn),
        ("cpus", "/proc/self/status", "Cpus_allowed_list:\t3\n", .warn),
        ("cpus", "/sys/fs/cgroup/cpu.max", "150000 100000", .warn),
        ("cpus", "/proc/self/status", "Cpus_allowed_list:\t0-99999999999\n", .warn),
        ("governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave", .warn),
        ("governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", .ok),
        ("load", "/proc/loadavg", "2.00 1 1 1/2 3", .warn), ("load", "/proc/loadavg", "4.00 1 1 1/2 3", .bad),
        ("load", "/proc/loadavg", "many", .warn),
        ("memory", "/proc/meminfo", "MemAvailable: 1000 kB", .bad),
        ("swap", "/proc/meminfo", "SwapTotal: 1000000 kB\nSwapFree: 900000 kB", .warn),
        ("swap", "/proc/meminfo", "SwapTotal: 0 kB\nSwapFree: 0 kB", .ok),
        ("clock", "/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet", .warn),
        ("clock", "/sys/devices/system/clocksource/clocksource0/current_clocksource", "kvm-clock", .ok),
    ])
    func `a worry is told with what to do`(name: String, path: String, content: String, verdict: Doctor.Verdict) throws
    {
        let finding = try Self.finding(name, [path: content])
        #expect(finding.verdict == verdict, "\(finding)")
        #expect((finding.advice == nil) == (verdict == .ok))
    }

    @Test(arguments: [(0.0, Doctor.Verdict.ok), (1_000, .ok), (1_001, .warn), (10_001, .bad)])
    func `late sleeps are a worry from one millisecond on`(late: Double, verdict: Doctor.Verdict) throws {
        let timing = MachineTiming(clockReadNanoseconds: 400, worstSleepMicroseconds: late)
        #expect(try Self.finding("scheduling", timing: timing).verdict == verdict)
        #expect(try Self.finding("clock read", timing: timing).verdict == .warn)
    }

    @Test(arguments: [Int.min, -1, 0, Int.max]) func `any number of connections has a verdict`(connections: Int) throws
    {
        let finding = try Self.finding("descriptors", connections: connections)
        #expect(finding.verdict == (connections == .max ? .bad : .ok))
    }

    @Test func `a machine that tells nothing is not called fit`() {
        let doctor = Doctor(connections: 1, files: MachineFiles { _ in nil }, timing: nil)
        #expect(doctor.verdict == .warn)
        #expect(doctor.findings.allSatisfy { $0.name == "governor" || $0.verdict == .warn })
        #expect(LoadReport.Host(MachineFiles { _ in nil }).kernel.isEmpty)
    }

    @Test func `where the socket statistics are hidden the table of connections is counted`() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
               1: 0100007F:1F90 0100007F:C350 06 00000000:00000000 03:000000AA 00000000     0        0 0
               2: 0100007F:1F90 0100007F:C351 06 00000000:00000000 03:000000AA 00000000     0        0 0
            """
        #expect(Self.machine(["/proc/net/sockstat": "", "/proc/net/tcp": table]).timeWait == 2)
    }

    @Test func `the report gets what the machine says`() {
        let host = LoadReport.Host(Self.machine)
        #expect(host.os == "Example Linux 9" && host.kernel == "6.1.0-9-amd64")
        #expect(host.cpus == 4 && host.memoryBytes == 8_192_000_000)
        #expect(host.descriptorsSoft == 1_024 && host.descriptorsHard == 524_288)
        #expect(host.portRange == [32_768, 60_999] && host.somaxconn == 4_096)
        #expect(
            host.tcpReadBuffer == [4_096, 131_072, 6_291_456] && host.tcpWriteBuffer == [4_096, 16_384, 4_194_304])
    }

    @Test func `this machine has all its lines`() {
        let doctor = Doctor(connections: 10, timing: .measure())
        #expect(doctor.findings.count == 15)
        #expect(LoadReport.Host(.live).cpus > 0)
    }
}
