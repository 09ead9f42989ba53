package content

import "strings"

// A table is one being read. Its cells are laid out one by one, because only at
// the end of a row is it known whether it is a line of data or part of a layout.
type table struct {
	outer *box
	cells []string
}

func (p *page) startTable(e *element) {
	if len(p.tables) >= maxTables {
		return // its rows and cells are blocks
	}
	e.table = true
	p.paragraph(2)
	p.tables = append(p.tables, &table{outer: p.box})
}

// table returns the table whose rows are being read; nil outside of one, or
// inside a cell, or where tables are nested too deep.
func (p *page) table() *table {
	for i := len(p.open) - 1; i >= max(0, len(p.open)-maxSearch); i-- {
		switch e := p.open[i]; {
		case e.table:
			return p.tables[len(p.tables)-1]
		case e.cell:
			return nil
		}
	}
	return nil
}

func (p *page) startRow(e *element) {
	if t := p.table(); t != nil {
		p.writeRow(t) // cells that stood in no row
		e.row = true
	}
}

func (p *page) startCell(e *element) {
	t := p.table()
	if t == nil {
		p.writeFlow(" ")
		return
	}
	e.cell = true
	p.box = &box{}
}

func (p *page) endCell() {
	t := p.tables[len(p.tables)-1]
	t.cells = append(t.cells, p.box.text())
	p.box = t.outer
}

func (p *page) endRow() {
	p.writeRow(p.tables[len(p.tables)-1])
}

func (p *page) endTable() {
	t := p.tables[len(p.tables)-1]
	p.writeRow(t)
	p.tables = p.tables[:len(p.tables)-1]
}

// writeRow writes the cells read: on one line if each has only one, else below
// each other.
func (p *page) writeRow(t *table) {
	cells := t.cells
	t.cells = nil
	first, last, lines := -1, -1, false
	for i, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			if last = i; first < 0 {
				first = i
			}
			lines = lines || strings.Contains(cell, "\n")
		}
	}
	if first < 0 {
		return
	}
	cells = cells[first : last+1]
	p.paragraph(1)
	if !lines {
		for i := 1; i < len(cells); i++ {
			cells[i] = strings.TrimRight(cells[i], " ")
		}
		p.writeLines(strings.Join(cells, " | "))
		p.paragraph(1)
		return
	}
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			p.writeLines(cell)
			p.paragraph(1)
		}
	}
}
