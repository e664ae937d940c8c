extension LoadPlan {
    /// Of the measured part and the warm-up together.
    static let maximumEvents = 2_147_483_648.0

    func checkSchedule() throws(KitError) {
        switch schedule {
        case .constant(let rate), .poisson(let rate): try Self.check("schedule.rate", rate)
        case .ramp(let from, let to):
            try Self.check("schedule.from", from)
            try Self.check("schedule.to", to)
        case .steps(let steps): try check(steps)
        case .burst(let size, let every): try checkBurst(size, every)
        }
        let events = schedule.targetRate * ((warmup + duration) / .seconds(1))
        guard events <= Self.maximumEvents else {
            throw Self.refusal(
                "schedule and duration make \(UInt64(events)) events; take at most \(UInt64(Self.maximumEvents)), "
                    + "by a lower rate or a shorter duration")
        }
    }

    private func check(_ steps: [LoadSchedule.Step]) throws(KitError) {
        guard (1...100).contains(steps.count) else {
            throw Self.refusal("schedule.steps are \(steps.count); take 1 to 100")
        }
        for (index, step) in steps.enumerated() {
            try Self.check("schedule.steps[\(index)].rate", step.rate)
            let bounds: ClosedRange<Duration> = .milliseconds(100)...(.seconds(86_400))
            try Self.check("schedule.steps[\(index)].duration", step.duration, bounds)
        }
        let length = schedule.length ?? duration
        guard length == duration else {
            throw Self.refusal(
                "schedule.steps take \(DurationText.exact(length)) and duration is \(DurationText.exact(duration)); "
                    + "make them equal, or leave duration out")
        }
    }

    private func checkBurst(_ size: Int, _ every: Duration) throws(KitError) {
        try Self.check("schedule.size", size, 1...1_000_000)
        try Self.check("schedule.every", every, .milliseconds(1)...(.seconds(3_600)))
        guard schedule.targetRate <= 1_000_000 else {
            throw Self.refusal(
                "schedule is \(RateText.write(schedule.targetRate)) on average; take at most 1000000/s, "
                    + "by a smaller size or a longer every")
        }
        guard size <= maximumInFlight else {
            throw Self.refusal(
                "schedule.size is \(size), of which \(size - maximumInFlight) would always be missed; "
                    + "raise maximum_in_flight from \(maximumInFlight), or take smaller bursts")
        }
        guard every <= duration else {
            throw Self.refusal(
                "schedule.every is \(DurationText.exact(every)), longer than the duration; shorten it, or raise duration"
            )
        }
    }

    private static func check(_ place: String, _ rate: Double) throws(KitError) {
        // Written so that NaN is refused too.
        guard rate > 0, rate <= 1_000_000 else {
            throw refusal("\(place) is \(RateText.write(rate)); take more than 0 and at most 1000000/s")
        }
    }
}
