import Diagnostics
import Foundation

// FuzzReaders READER SEED_FILE TARGET_FILE COUNT [SEED]: reads COUNT mutations of SEED_FILE, each written
// to TARGET_FILE, which so is the culprit when the process ends by a signal.

let words = CommandLine.arguments.dropFirst().map { $0 }
guard words.count >= 4, let reader = Reader.all.first(where: { $0.name == words[0] }),
  let original = FileManager.default.contents(atPath: words[1]), let count = Int(words[3])
else {
  print("FuzzReaders READER SEED_FILE TARGET_FILE COUNT [SEED]")
  print("readers: \(Reader.all.map(\.name).joined(separator: " "))")
  exit(64)
}

/// The largest memory that the process has had, in bytes.
func peakMemory() -> Int {
  var usage = rusage()
  // RUSAGE_SELF, which C libraries declare with different types.
  getrusage(.init(0), &usage)
  #if canImport(Darwin)
    return usage.ru_maxrss
  #else
    return usage.ru_maxrss << 10
  #endif
}

func write(_ bytes: [UInt8], to path: String) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  guard descriptor >= 0 else {
    print("cannot write \(path)")
    exit(2)
  }
  var done = 0
  bytes.withUnsafeBytes { bytes in
    while done < bytes.count, let base = bytes.baseAddress {
      #if canImport(Glibc)
        let written = Glibc.write(descriptor, base + done, bytes.count - done)
      #else
        let written = Darwin.write(descriptor, base + done, bytes.count - done)
      #endif
      guard written > 0 else { exit(2) }
      done += written
    }
  }
  close(descriptor)
}

var generator = InputGenerator(seed: words.count > 4 ? UInt64(words[4]) ?? 1 : 1)
var (refused, slowest, largest) = (0, 0.0, 0)
// The input as it is first: what it takes is the measure.
write(Array(original), to: words[2])
do { try reader.read(words[2], Array(original)) } catch { print("\(reader.name): seed: \(error)") }
let before = peakMemory()
for _ in 0..<count {
  var bytes = Array(original)
  for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&bytes, &generator) }
  largest = max(largest, bytes.count)
  write(bytes, to: words[2])
  // Ten seconds, then SIGALRM ends the process.
  alarm(10)
  let start = DispatchTime.now().uptimeNanoseconds
  do {
    try reader.read(words[2], bytes)
  } catch let error as any DiagnosableError {
    refused += 1
    if error.what.isEmpty || error.code.isEmpty { print("\(reader.name): an error without words") }
  } catch {
    print("\(reader.name): not a typed error: \(error)")
    exit(1)
  }
  slowest = max(slowest, Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
}
alarm(0)
let growth = peakMemory() - before
let limit = 4 * largest + 64 << 20
print(
  "\(reader.name): \(count) inputs of up to \(largest) bytes, \(refused) refused, slowest "
    + String(format: "%.3f s, ", slowest)
    + "peak \(peakMemory() >> 20) MB, \(growth >> 20) MB of it new")
exit(growth > limit ? 1 : 0)
