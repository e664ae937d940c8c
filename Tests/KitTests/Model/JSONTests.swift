import Foundation
import Testing

@testable import Kit

struct JSONTests {
    @Test func `keys stay in order and text is escaped`() {
        let json: JSON = ["z": 1, "a": ["x\"\\\n\u{1}é", nil, true, .double(1.5)]]
        #expect(json.text == #"{"z":1,"a":["x\"\\\n\u0001é",null,true,1.5]}"#)
    }

    @Test func `what is written can be read by another parser`() throws {
        let text = String(String.UnicodeScalarView((1...0x2FF).compactMap(Unicode.Scalar.init)))
        let read = try JSONDecoder().decode([String].self, from: Data(JSON.array([.string(text)]).text.utf8))
        #expect(read == [text])
    }
}
