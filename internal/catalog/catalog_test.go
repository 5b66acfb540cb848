package catalog

import (
	"strings"
	"testing"
)

func table(name string, temp bool) *Table {
	return &Table{Path: Path{DefaultCatalog, DefaultDatabase, name}, Temporary: temp}
}

func TestOverlayLeavesTheOriginalAlone(t *testing.T) {
	c := New()
	must(t, c.Put(table("orders", false), Fail))
	o := c.Overlay()
	must(t, o.Put(table("clicks", false), Fail))
	must(t, o.CreateDatabase(DefaultCatalog, "x", nil, "", false))
	must(t, o.Drop(table("orders", false).Path, "table", false, false))
	if got := strings.Join(c.Tables(DefaultCatalog, DefaultDatabase), ","); got != "orders" {
		t.Errorf("original has %s", got)
	}
	if got := strings.Join(o.Tables(DefaultCatalog, DefaultDatabase), ","); got != "clicks" {
		t.Errorf("overlay has %s", got)
	}
	if _, err := c.Database(DefaultCatalog, "x"); err == nil {
		t.Error("the overlay's database is in the original")
	}
}

func TestTemporaryHidesPermanent(t *testing.T) {
	c := New()
	must(t, c.Put(table("t", false), Fail))
	must(t, c.Put(table("t", true), Fail))
	p := table("t", false).Path
	if o, _ := c.Lookup(p); !o.IsTemporary() {
		t.Error("the permanent table was found first")
	}
	if err := c.Drop(p, "table", false, false); err == nil || !strings.Contains(err.Error(), "DROP TEMPORARY TABLE t") {
		t.Errorf("drop of the hidden table: %v", err)
	}
	must(t, c.Drop(p, "table", true, false))
	if o, ok := c.Lookup(p); !ok || o.IsTemporary() {
		t.Error("the permanent table is gone")
	}
}

func TestMissingNamesAreHelped(t *testing.T) {
	c := New()
	must(t, c.Put(table("orders", false), Fail))
	for _, test := range []struct {
		path Path
		want string
	}{
		{Path{DefaultCatalog, DefaultDatabase, "order"}, "there is no table `order` (did you mean `orders`?)"},
		{Path{DefaultCatalog, DefaultDatabase, "ORDERS"}, "there is no table `ORDERS` (did you mean `orders`?)"},
		{Path{DefaultCatalog, "default_databse", "t"}, "there is no database `default_databse` (did you mean `default_database`?)"},
		{Path{"x", "y", "t"}, "there is no catalog `x` (catalogs are default_catalog)"},
	} {
		if got := c.Missing(test.path, "table").Error(); got != test.want {
			t.Errorf("%v: %s", test.path, got)
		}
	}
	if err := c.Put(table("orders", false), Fail); err == nil {
		t.Error("a second table of the same name was taken")
	}
	must(t, c.Put(table("orders", false), Keep))
}

func TestRename(t *testing.T) {
	c := New()
	must(t, c.Put(table("a", false), Fail))
	must(t, c.Put(table("b", false), Fail))
	if err := c.Rename("table", table("a", false).Path, "b"); err == nil {
		t.Error("renamed onto another table")
	}
	must(t, c.Rename("table", table("a", false).Path, "c"))
	o, ok := c.Lookup(table("c", false).Path)
	if !ok || o.FullName().Name != "c" {
		t.Error("not found under the new name")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
