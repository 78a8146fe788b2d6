import Foundation
import RouteMarkCommands

// A reader that goes away (`routemark … | head`) ends the output, not the program.
signal(SIGPIPE, SIG_IGN)
exit(Program.run(Array(CommandLine.arguments.dropFirst())))
