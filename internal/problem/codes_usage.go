package problem

// Codes of the command line itself.
const (
	Usage           Code = "MD0901"
	EventsFile      Code = "MD0902"
	EventsLost      Code = "MD0903"
	TelemetryFailed Code = "MD0904"
	RootTakenInPart Code = "MD0916"
	NoRootToTake    Code = "MD0917"
	OtherRoot       Code = "MD0918"
	NotWritten      Code = "MD0919"
	Internal        Code = "MD0999"
)

func usage() []Entry {
	return []Entry{
		{Usage, "wrong usage",
			"the command line has an unknown command, flag or argument",
			"see `mandala-deploy COMMAND --help`"},
		{EventsFile, "no file for events",
			"the file that --events names cannot be written, or is a pipe that nobody reads",
			"name a file in a directory that you may write to, or start its reader first; nothing was begun"},
		{EventsLost, "events lost",
			"who was to be told of the run could not keep up, or the disk is full",
			"the run itself is not touched: its record has all, `mandala-deploy history show ID`"},
		{TelemetryFailed, "telemetry not exported",
			"the collector cannot be reached, or did not take the spans in time",
			"check OTEL_EXPORTER_OTLP_ENDPOINT and its kin; the run itself is not touched"},
		{RootTakenInPart, "root taken in part",
			"the root holds something that cannot be cut into layers; the rest was taken",
			"mend what is listed, in environments/; docs/layers.md says what a root may hold"},
		{NoRootToTake, "no root to take",
			"the folder has no *.tf files",
			"name the folder of the root with --from"},
		{OtherRoot, "another root in environments",
			"environments/ holds *.tf files that are not those of the root to be taken: of two roots one would be lost",
			"move one of them away; a further environment of the root that is there needs no --from"},
		{NotWritten, "file not written",
			"a file or folder could not be made",
			"look at the reason; what was written before it stays, and the command may be said again"},
		{Internal, "internal error",
			"something happened that the tool does not expect",
			"report it with the output of --log-level debug"},
	}
}
