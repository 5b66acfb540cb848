package main

import (
	"encoding/xml"
	"os"
	"strings"
	"time"
)

// The elements of a JUnit report, as CI systems read them.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     float64     `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    float64       `xml:"time,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a report with a suite a file.
func writeJUnit(path string, all []*outcome) error {
	var r junitSuites
	at := map[string]int{}
	for _, o := range all {
		i, ok := at[o.script.Path]
		if !ok {
			i = len(r.Suites)
			at[o.script.Path] = i
			r.Suites = append(r.Suites, junitSuite{Name: o.script.Path})
		}
		s := &r.Suites[i]
		c := junitCase{Class: o.script.Path, Name: strings.TrimLeft(strings.TrimPrefix(o.name, o.script.Path), "/ "), Time: o.took.Round(time.Microsecond).Seconds()}
		if len(o.failed) > 0 {
			first, _, _ := strings.Cut(o.failed[0], "\n")
			c.Failure = &junitFailure{Message: first, Text: strings.Join(o.failed, "\n")}
			s.Failures++
		}
		s.Tests++
		s.Time += c.Time
		s.Cases = append(s.Cases, c)
	}
	text, err := xml.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(xml.Header+string(text)+"\n"), 0o644)
}
