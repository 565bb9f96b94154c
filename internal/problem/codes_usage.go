package problem

// Codes of the command line itself.
const (
	Usage    Code = "MD0901"
	Internal Code = "MD0999"
)

func usage() []Entry {
	return []Entry{
		{Usage, "wrong usage",
			"the command line has an unknown command, flag or argument",
			"see `mandala-deploy COMMAND --help`"},
		{Internal, "internal error",
			"something happened that the tool does not expect",
			"report it with the output of --log-level debug"},
	}
}
