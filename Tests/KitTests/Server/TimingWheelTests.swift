import NIOCore
import Testing

@testable import Kit

struct TimingWheelTests {
    private final class Alarm: Timed {
        var rings: [NIODeadline] = []
        var next: NIODeadline?
        func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
            rings.append(now)
            defer { next = nil }
            return next
        }
    }

    @Test(arguments: [0, 1, 5, 63, 64, 65, 200])
    func `an alarm rings once, never early, at most a tick late`(seconds: Int64) {
        let start = NIODeadline.uptimeNanoseconds(0)
        let wheel = TimingWheel(now: start)
        let alarm = Alarm()
        wheel.add(alarm, due: start + .seconds(seconds))
        for second in 1...300 { wheel.advance(to: start + .seconds(Int64(second))) }
        #expect(alarm.rings.count == 1)
        let late = (alarm.rings.first ?? start) - (start + .seconds(seconds))
        #expect(late >= .nanoseconds(0) && late <= .seconds(1))
    }

    @Test func `an alarm that asks for it rings again`() {
        let start = NIODeadline.uptimeNanoseconds(0)
        let wheel = TimingWheel(now: start)
        let alarm = Alarm()
        alarm.next = start + .seconds(20)
        wheel.add(alarm, due: start + .seconds(10))
        for second in 1...100 { wheel.advance(to: start + .seconds(Int64(second))) }
        #expect(alarm.rings.count == 2)
    }

    @Test func `what has gone is not kept, and its neighbours ring`() {
        let start = NIODeadline.uptimeNanoseconds(0)
        let wheel = TimingWheel(now: start)
        let neighbour = Alarm()
        weak var gone: Alarm?
        do {
            let alarm = Alarm()
            gone = alarm
            wheel.add(alarm, due: start + .seconds(10))
            wheel.add(neighbour, due: start + .seconds(10))
        }
        #expect(gone == nil)
        for second in 1...20 { wheel.advance(to: start + .seconds(Int64(second))) }
        #expect(neighbour.rings.count == 1)
    }
}
