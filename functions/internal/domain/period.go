package domain

// Bounds of a period, in days.
const (
	DefaultPeriod = 90
	MaxPeriod     = 366
)

// Period is the days from one to another, both included.
type Period struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// ParsePeriod reads the days that a history is asked for; "" is today for the end, and
// for the start DefaultPeriod days to the end.
func ParsePeriod(from, to string, today Date) (Period, error) {
	var c checks
	period := Period{To: today}
	if to != "" {
		set(&period.To, c.date("to", &to))
	}
	period.From = period.To.AddDays(1 - DefaultPeriod)
	if first := (Date{Year: 1, Month: 1, Day: 1}); period.From.Before(first) {
		period.From = first // there is no date before
	}
	if from != "" {
		set(&period.From, c.date("from", &from))
	}
	switch {
	case len(c) > 0:
	case period.To.Before(period.From):
		c.add("to", CodeOutOfRange, "must not be before from")
	case period.From.AddDays(MaxPeriod - 1).Before(period.To):
		c.add("to", CodeOutOfRange, "must be less than %d days after from", MaxPeriod)
	}
	return period, c.err()
}
