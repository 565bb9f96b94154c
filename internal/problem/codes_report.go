package problem

// Codes of reports and the dashboard.
const (
	ReportNotWritten Code = "MD0906"
	NoBrowser        Code = "MD0907"
	NotServed        Code = "MD0908"
	BadPeriod        Code = "MD0909"
)

func reports() []Entry {
	return []Entry{
		{ReportNotWritten, "report not written",
			"the report's file cannot be written, or what it tells cannot be read; the deployment is not affected",
			"look at the reason; `mandala-deploy report ENV --deployment ID --out FILE` writes it again"},
		{NoBrowser, "no browser",
			"nothing on this machine opens a file or an address for its user",
			"open the file or the address, which the output names, by yourself"},
		{NotServed, "nothing served",
			"the dashboard's address on loopback cannot be listened on",
			"leave --port out: any free port will do"},
		{BadPeriod, "no such period",
			"the period of an audit report is none: a time cannot be read, or it ends before it begins",
			"--from and --to want a day (2026-03-01) or a time (2026-03-01T09:00:00Z), the earlier one first"},
	}
}
