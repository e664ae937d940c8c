/// A straight line through points, by least squares, with the 95 % interval of its slope.
struct Slope: Sendable {
    let value: Double
    let low: Double
    let high: Double

    /// Nil with fewer than four points, or all at one moment.
    init?(_ points: [(x: Double, y: Double)]) {
        guard points.count >= 4 else { return nil }
        let count = Double(points.count)
        let (meanX, meanY) = (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
        let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        guard spread > 0 else { return nil }
        let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
        let residual = points.reduce(0) { sum, point in
            let error = point.y - meanY - slope * (point.x - meanX)
            return sum + error * error
        }
        // Student's t at 97.5 %, from 4 points on; 2 is near enough for many.
        let t = 1.96 + 2.4 / (count - 2) + 3.0 / ((count - 2) * (count - 2))
        let margin = t * (residual / (count - 2) / spread).squareRoot()
        (value, low, high) = (slope, slope - margin, slope + margin)
    }
}
