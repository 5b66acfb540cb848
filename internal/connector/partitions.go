package connector

// Partitions is the folders, or their like, of a partitioned table. Values are
// text, in the order of Table.Partitions; an absent one (nil) is NULL.
type Partitions interface {
	// List gives the values of all partitions, sorted.
	List() ([][]*string, error)
	// Add makes an empty partition. It fails with fs.ErrExist if it is there.
	Add(values []*string) error
	// Drop removes a partition with its rows. It fails with fs.ErrNotExist if
	// there is none.
	Drop(values []*string) error
}
