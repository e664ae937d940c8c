import Foundation
import Glibc
import Testing

@testable import Kit

struct ProcessUsageTests {
    @Test func `what a thread has spent is counted after its end`() throws {
        let before = try ProcessUsage.read(process: getpid(), core: nil)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            var clock = KernelTime(reading: CLOCK_THREAD_CPUTIME_ID)
            while clock.seconds == 0, clock.nanoseconds < 20_000_000 {
                clock = KernelTime(reading: CLOCK_THREAD_CPUTIME_ID)
            }
            done.signal()
        }
        thread.start()
        done.wait()
        let bill = try ProcessUsage.read(process: getpid(), core: nil).bill(since: before)
        #expect(bill.process >= 20_000_000)
    }

    @Test func `a process that is not there is said to have ended`() {
        #expect(throws: SystemError.self) { try ProcessUsage.read(process: .max, core: nil) }
    }
}
