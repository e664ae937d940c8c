extension Threshold {
    /// What a line of text can be wrong about by itself.
    /// - Throws: `.invalid` with what is allowed.
    func checkTypes() throws(KitError) {
        if !metric.isOfClients, scope != .all {
            throw KitError(.invalid, "\(metric.rawValue) is of the whole run; leave out '\(scope.name):'")
        }
        if feed != nil || form != .plain, !metric.hasFeeds {
            throw KitError(
                .invalid, "\(metric.rawValue) is of both feeds at once, so there is none of A or B; judge it as a whole"
            )
        }
        if scope == .each { try checkEach() }
        if form != .plain, feed != nil {
            throw KitError(.invalid, "a delta or ratio already compares B with A; leave out during")
        }
        if form == .delta { try checkDelta() }
        if abortAfter != nil { try checkAbort() }
    }

    private func checkEach() throws(KitError) {
        guard form == .plain else {
            throw KitError(.invalid, "no client is in both A and B; use all: or a role with delta and ratio")
        }
        guard ClientFigure(metric, stat) != nil else {
            throw KitError(
                .invalid, "single clients have no \(metric.rawValue).\(stat.name); each: takes \(ClientFigure.words)")
        }
    }

    private func checkDelta() throws(KitError) {
        let compared = [50.0, 95, 99].map { Stat.percentile($0) }
        guard metric == .e2e, compared.contains(stat) else {
            throw KitError(
                .invalid,
                "an interval is only known for delta(e2e.med), delta(e2e.p95) and delta(e2e.p99); "
                    + "use ratio(), or two thresholds with during A and during B")
        }
        guard scope == .fast || scope == .all else {
            throw KitError(.invalid, "a delta compares the fast clients of A and B; leave out '\(scope.name):'")
        }
        guard relation.asksForLess || relation.asksForMore else {
            throw KitError(.invalid, "an interval is never equal to a number; use <, <=, > or >= with delta")
        }
    }

    /// What can only grow may still get there: failing early would say nothing.
    private func checkAbort() throws(KitError) {
        guard form == .plain, stat == .count || stat == .greatest else { return }
        let isFinal = relation.asksForLess || relation == .equal && bound == 0
        guard isFinal else {
            throw KitError(
                .invalid, "\(stat.name) only grows and may still get there; leave out abort, or bound it from above")
        }
    }

    /// What makes no sense for the run that is planned, found before anything connects.
    /// - Throws: `.invalid` with what to change.
    func check(for plan: LoadPlan) throws(KitError) {
        do throws(KitError) {
            try checkIsolation(plan)
            try checkClients(plan)
            if let abortAfter, abortAfter >= plan.duration {
                throw KitError(.invalid, "the measured part lasts \(plan.duration) and ends before; abort earlier")
            }
        } catch {
            throw KitError(.invalid, "threshold '\(text)': \(error.message)")
        }
    }

    private func checkIsolation(_ plan: LoadPlan) throws(KitError) {
        let isCompared = form != .plain || feed != nil
        guard isCompared else { return }
        guard plan.kind == .isolation else {
            throw KitError(.invalid, "only the isolation test has the feeds A and B; use plain METRIC.STAT")
        }
        // A's are healthy instead: that is what is compared.
        if scope != .all, scope != .each, LoadScope.slow.holds(scope), form == .ratio || feed == .a {
            throw KitError(.invalid, "A has no slow clients, only B; use during B or a fast client's figure")
        }
    }

    /// Some are only recorded of some clients; asked of others they would never have a sample.
    private func checkMeasured() throws(KitError) {
        let recorded: LoadScope? =
            switch metric {
            case .connect, .upgrade, .firstMessage: .all
            case .recoveryFresh, .staleness: .slow
            case .e2e, .service, .fanoutSpread: .fast
            default: nil
            }
        guard let recorded, scope != .each, !scope.holds(recorded) else { return }
        throw KitError(
            .invalid, "\(metric.rawValue) is only measured of \(recorded.name); leave out '\(scope.name):'")
    }

    private func checkClients(_ plan: LoadPlan) throws(KitError) {
        let present = plan.clients.filter { $0.count > 0 }.map { LoadScope(of: $0.model) }
        let meant = present.filter { scope.holds($0) }
        guard metric.isOfClients else {
            guard plan.clickers > 0 || (metric != .click && metric != .sent) else {
                throw KitError(.invalid, "nothing is clicked in this plan; give it a clicker")
            }
            return
        }
        guard !meant.isEmpty else {
            let there = Set(present.map(\.name)).sorted().joined(separator: ", ")
            let who = scope == .all || scope == .each ? "client" : "client that is \(scope.name)"
            throw KitError(.invalid, "the plan has no \(who)\(there.isEmpty ? "" : "; it has \(there)")")
        }
        if metric.needsEvents, plan.clickers != 1 {
            throw KitError(
                .invalid,
                "with \(plan.clickers) clickers no one knows which event is whose, so \(metric.rawValue) is "
                    + "not measured; use one clicker, or click")
        }
        let silent: Set<LoadScope> = [.model(.never), .model(.frozen)]
        if [.e2e, .service, .fanoutSpread].contains(metric), silent.isSuperset(of: meant) {
            throw KitError(
                .invalid, "no client of '\(scope.name)' reads while measured, so it has no \(metric.rawValue)")
        }
        let stalled: Set<LoadScope> = [.model(.never), .model(.frozen), .model(.stall)]
        if metric == .recoveryFresh, stalled.isDisjoint(with: meant) {
            throw KitError(
                .invalid, "no client of '\(scope.name)' stalls and reads again; it takes never, frozen or stall")
        }
        try checkMeasured()
    }
}
