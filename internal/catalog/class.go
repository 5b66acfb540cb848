package catalog

import "strings"

// Class is a namespace of a database: a table and a view cannot share a name, a
// table and a function can.
type Class uint8

// The namespaces.
const (
	Tables Class = iota // also views and materialized tables
	Functions
	Models
	Connections
)

// classNames are the nouns of the classes, as file names and messages have them.
var classNames = [...]string{Tables: "table", Functions: "function", Models: "model", Connections: "connection"}

// String gives the class's noun.
func (c Class) String() string { return classNames[c] }

// ClassOf gives the namespace of a kind of object.
func ClassOf(kind string) Class {
	switch kind {
	case "function":
		return Functions
	case "model":
		return Models
	case "connection":
		return Connections
	}
	return Tables
}

// slot is an object's key in its database; temporary ones have their full path.
type slot struct {
	class Class
	path  Path
}

// slotOf gives the key of a path: names of functions ignore case.
func slotOf(class Class, p Path) slot {
	if class == Functions {
		p.Name = strings.ToLower(p.Name)
	}
	return slot{class, p}
}

// member is an object's key within its database.
type member struct {
	class Class
	name  string
}

func (s slot) member() member { return member{s.class, s.path.Name} }
