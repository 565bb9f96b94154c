package domain

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a day of the calendar, without a time and without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a day such as 2026-11-23 of the years 1 to 9999.
func ParseDate(text string) (Date, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1 {
		return Date{}, fmt.Errorf("%q is no date such as 2026-11-23", text)
	}
	return DateOf(day), nil
}

// DateOf is the day of a time in the time's own zone.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{Year: year, Month: month, Day: day}
}

// Before says whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.start().Before(other.start()) }

// AddDays is the day that many days later.
func (d Date) AddDays(days int) Date { return DateOf(d.start().AddDate(0, 0, days)) }

func (d Date) start() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// String is the day as 2026-11-23.
func (d Date) String() string { return d.start().Format(time.DateOnly) }

// MarshalText is String, for JSON.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDate, for JSON.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Scan takes a date of the database.
func (d *Date) Scan(source any) error {
	switch value := source.(type) {
	case time.Time:
		*d = DateOf(value)
		return nil
	case string:
		return d.UnmarshalText([]byte(value))
	default:
		return fmt.Errorf("a %T is no date", source)
	}
}

// Value is the day for the database.
func (d Date) Value() (driver.Value, error) { return d.start(), nil }
