import Testing

@testable import Kit

struct WorkerMessageTests {
    @Test func `what workers say is understood`() throws {
        let envelope: JSON = ["type": "notification_received", "data": ["id": 1]]
        #expect(
            try WorkerMessage(
                Array(
                    #"{"type":"send-to-user","userId":7,"message":{"type":"notification_received","data":{"id":1}}}"#
                        .utf8))
                == .sendToUser(7, envelope))
        #expect(
            try WorkerMessage(Array(#"{"message":{"type":"x"},"type":"broadcast"}"#.utf8)) == .broadcast(["type": "x"]))
        #expect(try WorkerMessage(Array(#"{"type":"heartbeat"}"#.utf8)) == .news("heartbeat"))
        #expect(try WorkerMessage(Array(#"{"type":"worker-error","error":"x","pid":1}"#.utf8)) == .news("worker-error"))
    }

    @Test(arguments: [
        "", "x", "[]", "7", "{}", #"{"type":7}"#, #"{"type":"later"}"#, #"{"type":"broadcast"}"#,
        #"{"type":"broadcast","message":"x"}"#, #"{"type":"broadcast","message":{}}"#,
        #"{"type":"broadcast","message":{"type":1}}"#, #"{"type":"send-to-user","message":{"type":"x"}}"#,
        #"{"type":"send-to-user","userId":0,"message":{"type":"x"}}"#,
        #"{"type":"send-to-user","userId":"7","message":{"type":"x"}}"#,
        #"{"type":"send-to-user","userId":7}"#, #"{"type":"broadcast","message":{"type":"x"}} {}"#,
    ])
    func `a bad line is refused with a reason`(line: String) {
        #expect {
            try WorkerMessage(Array(line.utf8))
        } throws: { error in
            (error as? WorkerMessage.Mistake)?.words.isEmpty == false
        }
    }
}
