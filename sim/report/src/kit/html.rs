//! Tables and plots as parts of a page.

use super::display_table::{DisplayCell, DisplayTable};
use maud::{Markup, html};

/// A table, of which at most `limit` rows are shown; all are in the file.
pub(crate) fn table(table: &DisplayTable, limit: usize, file: &str) -> Markup {
    let class = |right: bool| right.then_some("right");
    let any_unit = table.columns.iter().any(|column| !column.unit.is_empty());
    let more = (table.rows.len() + table.hidden).saturating_sub(limit);
    html! {
        div.wide {
            table {
                thead {
                    tr {
                        @for column in &table.columns {
                            th class=[class(column.right)] {
                                (column.title)
                                @if any_unit { small { (column.unit) } }
                            }
                        }
                    }
                }
                tbody {
                    @for row in table.rows.iter().take(limit) {
                        tr {
                            @for (cell, column) in row.iter().zip(&table.columns) {
                                td class=[class(column.right)] { (content(cell)) }
                            }
                        }
                    }
                }
            }
        }
        @if more > 0 {
            p { (more) " more rows are in " code { (file) } "." }
        }
    }
}

fn content(DisplayCell { text, interval, strong }: &DisplayCell) -> Markup {
    html! {
        @if *strong { strong { (text) } } @else { (text) }
        @if let Some(ends) = interval { small { (ends) } }
    }
}

/// Plots that take the whole width of the page.
pub(crate) fn whole(plots: &[Markup]) -> Markup {
    html! {
        div class="plots whole" {
            @for plot in plots { (plot) }
        }
    }
}

/// A small picture and what it is of, which open the whole one.
pub(crate) fn thumbnail(small: &Markup, name: &Markup, params: &str, whole: &Markup) -> Markup {
    html! {
        details {
            summary { (small) (name) br; (params) }
            (whole)
        }
    }
}
