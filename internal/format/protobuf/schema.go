package protobuf

import (
	"context"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// loadMessage reads the definition that the options tell.
func loadMessage(o format.Options) (protoreflect.MessageDescriptor, error) {
	desc, src := o.String("descriptor-file"), o.String("proto-file")
	var files []protoreflect.FileDescriptor
	var err error
	switch {
	case desc != "" && src != "":
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the options 'protobuf.descriptor-file' and 'protobuf.proto-file' exclude each other")
	case desc != "":
		files, err = readDescriptors(desc)
	case src != "":
		files, err = compileFile(src, o.String("proto-path"))
	default:
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the format 'protobuf' needs the option 'protobuf.descriptor-file' or 'protobuf.proto-file': where the message is defined").
			WithHint("there are no Java classes to look it up in; messages of a schema registry have the format 'proto-registry'")
	}
	if err != nil {
		return nil, err
	}
	return findMessage(files, o.String("message-class-name"))
}

// readDescriptors reads a FileDescriptorSet.
func readDescriptors(path string) ([]protoreflect.FileDescriptor, error) {
	fail := func(err error) error {
		return &sqlerr.Error{Code: sqlerr.Option, Msg: "the option 'protobuf.descriptor-file': " + path + " cannot be read", Err: err,
			Hint: "protoc --include_imports --descriptor_set_out=" + filepath.Base(path) + " makes one"}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fail(err)
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(b, set); err != nil {
		return nil, fail(err)
	}
	known, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, fail(err)
	}
	var out []protoreflect.FileDescriptor
	known.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		out = append(out, f)
		return true
	})
	sort.Slice(out, func(i, j int) bool { return out[i].Path() < out[j].Path() })
	return out, nil
}

// compileFile reads a .proto file and what it imports, from folders or from where it
// lies.
func compileFile(path, folders string) ([]protoreflect.FileDescriptor, error) {
	dirs, name := []string{filepath.Dir(path)}, filepath.Base(path)
	if folders != "" {
		dirs = nil
		for _, d := range strings.Split(folders, ";") {
			if d = strings.TrimSpace(d); d != "" {
				dirs = append(dirs, d)
			}
		}
		name = filepath.ToSlash(path)
		for _, d := range dirs {
			if rel, err := filepath.Rel(d, path); err == nil && filepath.IsLocal(rel) {
				name = filepath.ToSlash(rel)
				break
			}
		}
	}
	f, err := compileSource(name, &protocompile.SourceResolver{ImportPaths: dirs})
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Option, Msg: "the option 'protobuf.proto-file': " + path + " cannot be read", Err: err,
			Hint: "imports are looked for in the folders of 'protobuf.proto-path'"}
	}
	return []protoreflect.FileDescriptor{f}, nil
}

// compileSource reads a .proto file; what every compiler brings along is known.
func compileSource(name string, from protocompile.Resolver) (protoreflect.FileDescriptor, error) {
	c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(protocompile.CompositeResolver{from, broughtAlong})}
	files, err := c.Compile(context.Background(), name)
	if err != nil {
		return nil, err
	}
	return files[0], nil
}

// eachMessage visits all messages, inner ones too.
func eachMessage(ms protoreflect.MessageDescriptors, visit func(protoreflect.MessageDescriptor)) {
	for i := range ms.Len() {
		if m := ms.Get(i); !m.IsMapEntry() {
			visit(m)
			eachMessage(m.Messages(), visit)
		}
	}
}

// findMessage finds a message by its name, or by that of its class in Java.
func findMessage(files []protoreflect.FileDescriptor, name string) (protoreflect.MessageDescriptor, error) {
	want := strings.ReplaceAll(strings.TrimPrefix(name, "."), "$", ".")
	var byClass protoreflect.MessageDescriptor
	var exact protoreflect.MessageDescriptor
	var all []string
	for _, f := range files {
		eachMessage(f.Messages(), func(m protoreflect.MessageDescriptor) {
			all = append(all, string(m.FullName()))
			if string(m.FullName()) == want {
				exact = m
			}
			for _, c := range classesOf(f, m) {
				if c == want && byClass == nil {
					byClass = m
				}
			}
		})
	}
	switch {
	case exact != nil:
		return exact, nil
	case byClass != nil:
		return byClass, nil
	}
	e := sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "there is no message '%s' in the definition", name)
	if near, ok := sqlerr.Nearest(want, all); ok {
		return nil, e.WithHint("did you mean '%s'?", near)
	}
	return nil, e.WithHint("its messages are %s", strings.Join(all[:min(len(all), 20)], ", "))
}

// classesOf lists the names that a message's class may have in Java: with the class of
// the file around it or without.
func classesOf(f protoreflect.FileDescriptor, m protoreflect.MessageDescriptor) []string {
	opts, _ := f.Options().(*descriptorpb.FileOptions)
	pkg := opts.GetJavaPackage()
	if pkg == "" {
		pkg = string(f.Package())
	}
	inner := strings.TrimPrefix(strings.TrimPrefix(string(m.FullName()), string(f.Package())), ".")
	outer := opts.GetJavaOuterClassname()
	if outer == "" {
		outer = camel(strings.TrimSuffix(filepath.Base(f.Path()), ".proto"))
	}
	join := func(parts ...string) string { return strings.TrimPrefix(strings.Join(parts, "."), ".") }
	return []string{join(pkg, inner), join(pkg, outer, inner), join(pkg, outer+"OuterClass", inner)}
}

// camel makes a file's name that of a class.
func camel(s string) string {
	var b strings.Builder
	up := true
	for _, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		switch {
		case letter && up:
			b.WriteString(strings.ToUpper(string(c)))
		case letter || c >= '0' && c <= '9':
			b.WriteRune(c)
		}
		up = !letter
	}
	return b.String()
}
