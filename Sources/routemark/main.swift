import Foundation
import RouteMarkCommands

Program.prepareProcess()
exit(Program.run(Array(CommandLine.arguments.dropFirst())))
