// The package has functions without bodies, which the runtime has (waiting_linux.go).
