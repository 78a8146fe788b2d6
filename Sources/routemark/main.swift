import Foundation
import RouteMarkCommands

exit(Program.run(Array(CommandLine.arguments.dropFirst())))
