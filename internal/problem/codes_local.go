package problem

// Codes of the local AWS.
const (
	NoEmulator     Code = "MD0601"
	EmulatorFailed Code = "MD0602"
)

func localAWS() []Entry {
	return []Entry{
		{NoEmulator, "local AWS cannot be installed",
			"no moto was found, and none of uvx, pipx or python3 -m venv could get it",
			"install Python 3 with pip, then `pip install 'moto[server]'`"},
		{EmulatorFailed, "local AWS did not start",
			"the emulator ended or did not answer in time",
			"read the log that `mandala-deploy local logs` shows"},
	}
}
