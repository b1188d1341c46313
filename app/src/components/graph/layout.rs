//! Where the jobs of a pipeline stand in its drawing.

use regatta_domain::pipeline::{Cell, Needs, Stage};

/// The size of a job's box, in units of the drawing.
pub const BOX_WIDTH: usize = 176;
/// See [`BOX_WIDTH`].
pub const BOX_HEIGHT: usize = 52;
const COLUMN: usize = BOX_WIDTH + 52;
const ROW: usize = BOX_HEIGHT + 14;
/// Room around the jobs of a stage, and above them for its name.
const STAGE_PAD: usize = 12;
const STAGE_HEAD: usize = 28;
/// Room around the cells of a matrix, and above them for its name.
const MATRIX_PAD: usize = 7;
const MATRIX_HEAD: usize = 22;
const BETWEEN_LANES: usize = 14;

/// A job, as far as its place depends on it.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    /// When it may start.
    pub needs: &'a Needs,
    /// The cell of a matrix that it is.
    pub cell: Option<&'a Cell>,
}

/// Where a job's box stands, its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// From the left.
    pub x: usize,
    /// From the top.
    pub y: usize,
}

/// What a frame is drawn around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// The jobs of a stage.
    Stage,
    /// The cells of a matrix.
    Matrix,
}

/// A frame around some jobs, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is drawn around.
    pub around: Around,
    /// Its name.
    pub name: String,
    /// Its upper left corner.
    pub at: Spot,
    /// Its size.
    pub width: usize,
    /// See `width`.
    pub height: usize,
}

/// A drawing of jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Where each job stands.
    pub spots: Vec<Spot>,
    /// The frames, outer ones first.
    pub frames: Vec<Frame>,
    /// Its size.
    pub width: usize,
    /// See `width`.
    pub height: usize,
}

/// Each job in the column after those it needs, each stage in a band of its own, the cells of a matrix one below the other.
pub fn layout(nodes: &[Node], stages: &[Stage]) -> Layout {
    let columns = columns(nodes);
    let mut drawing = Layout { spots: vec![Spot::default(); nodes.len()], ..Layout::default() };
    let left = if stages.is_empty() { 0 } else { STAGE_PAD };
    for (stage, jobs) in lanes(&columns, stages) {
        let head = if stage.is_some() { STAGE_HEAD } else { 0 };
        let top = drawing.height + if drawing.height > 0 { BETWEEN_LANES } else { 0 };
        let mut lane = Lane { nodes, columns: &columns, jobs: &jobs, top: top + head, left };
        let height = lane.place(&mut drawing);
        drawing.height = top + head + height;
        if let Some(stage) = stage {
            drawing.height += STAGE_PAD;
            frame_stage(&mut drawing, stage, &jobs, top);
        }
    }
    let right = |spot: &Spot| spot.x + BOX_WIDTH + left;
    drawing.width = drawing.spots.iter().map(right).max().unwrap_or(0);
    drawing.frames.sort_by_key(|frame| frame.around == Around::Matrix);
    drawing
}

/// Jobs stand behind those they need; where they wait for each other in a circle, what comes later does not count.
fn columns(nodes: &[Node]) -> Vec<usize> {
    let mut columns: Vec<usize> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let after = node.needs.jobs().filter_map(|from| columns.get(from)).map(|column| column + 1).max();
        columns.push(after.unwrap_or(0));
    }
    columns
}

/// The bands with their jobs, in the order in which the first job of each has its turn. Jobs of no stage share one.
fn lanes<'a>(columns: &[usize], stages: &'a [Stage]) -> Vec<(Option<&'a Stage>, Vec<usize>)> {
    let stage_of = |job: usize| stages.iter().position(|stage| stage.jobs.contains(&job));
    let jobs_in = |stage: Option<usize>| -> Vec<usize> {
        (0..columns.len()).filter(|job| stage_of(*job) == stage).collect()
    };
    let all = (0..stages.len()).map(Some).chain([None]);
    let mut lanes: Vec<(Option<&Stage>, Vec<usize>)> = all
        .map(|stage| (stage.map(|at| &stages[at]), jobs_in(stage)))
        .filter(|(_, jobs)| !jobs.is_empty())
        .collect();
    lanes.sort_by_key(|(_, jobs)| jobs.iter().map(|job| (columns[*job], *job)).min());
    lanes
}

/// A band of jobs to be placed.
struct Lane<'a> {
    nodes: &'a [Node<'a>],
    columns: &'a [usize],
    jobs: &'a [usize],
    top: usize,
    left: usize,
}

impl Lane<'_> {
    /// Places its jobs, its columns centred; returns its height.
    fn place(&mut self, drawing: &mut Layout) -> usize {
        let last = self.jobs.iter().map(|job| self.columns[*job]).max().unwrap_or(0);
        let columns: Vec<Vec<Vec<usize>>> = (0..=last).map(|column| self.groups(column)).collect();
        let heights: Vec<usize> =
            columns.iter().map(|groups| groups.iter().map(|group| height(group)).sum()).collect();
        let tallest = heights.iter().copied().max().unwrap_or(0);
        for (column, groups) in columns.iter().enumerate() {
            let mut y = self.top + (tallest - heights[column]) / 2;
            let x = self.left + column * COLUMN;
            for group in groups {
                self.place_group(drawing, group, Spot { x, y });
                y += height(group);
            }
        }
        tallest.saturating_sub(ROW - BOX_HEIGHT)
    }

    /// The jobs of a column, those of one matrix together.
    fn groups(&self, column: usize) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let matrix = |job: usize| self.nodes[job].cell.map(|cell| cell.of.as_str());
        for job in self.jobs.iter().copied().filter(|job| self.columns[*job] == column) {
            let same = |group: &&mut Vec<usize>| matrix(job).is_some() && matrix(group[0]) == matrix(job);
            match groups.iter_mut().find(same) {
                Some(group) => group.push(job),
                None => groups.push(vec![job]),
            }
        }
        groups
    }

    fn place_group(&self, drawing: &mut Layout, group: &[usize], at: Spot) {
        let head = if group.len() > 1 { MATRIX_HEAD } else { 0 };
        for (row, job) in group.iter().enumerate() {
            drawing.spots[*job] = Spot { x: at.x, y: at.y + head + row * ROW };
        }
        if let Some(cell) = self.nodes[group[0]].cell.filter(|_| group.len() > 1) {
            drawing.frames.push(Frame {
                around: Around::Matrix,
                name: format!("{} × {}", cell.of, group.len()),
                at: Spot { x: at.x.saturating_sub(MATRIX_PAD), y: at.y },
                width: BOX_WIDTH + 2 * MATRIX_PAD,
                height: head + (group.len() - 1) * ROW + BOX_HEIGHT + MATRIX_PAD,
            });
        }
    }
}

fn height(group: &[usize]) -> usize {
    let around = if group.len() > 1 { MATRIX_HEAD + MATRIX_PAD } else { 0 };
    around + group.len() * ROW
}

fn frame_stage(drawing: &mut Layout, stage: &Stage, jobs: &[usize], top: usize) {
    let xs = jobs.iter().map(|job| drawing.spots[*job].x);
    let (Some(left), Some(right)) = (xs.clone().min(), xs.max()) else { return };
    drawing.frames.push(Frame {
        around: Around::Stage,
        name: stage.name.clone(),
        at: Spot { x: left.saturating_sub(STAGE_PAD), y: top },
        width: right - left + BOX_WIDTH + 2 * STAGE_PAD,
        height: drawing.height - top,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spots(needs: &[Needs], cells: &[Option<Cell>], stages: &[Stage]) -> Layout {
        let nodes: Vec<Node> =
            needs.iter().zip(cells).map(|(needs, cell)| Node { needs, cell: cell.as_ref() }).collect();
        layout(&nodes, stages)
    }

    fn needs(all: &[usize]) -> Needs {
        Needs::successes(all, &[])
    }

    #[test]
    fn a_job_stands_behind_all_it_waits_for() {
        let drawing =
            spots(&[needs(&[]), needs(&[0]), needs(&[0]), needs(&[1, 2])], &[const { None }; 4], &[]);
        let places: Vec<_> = drawing.spots.iter().map(|spot| (spot.x, spot.y)).collect();
        assert_eq!(places, [(0, 33), (228, 0), (228, 66), (456, 33)]);
    }

    #[test]
    fn no_two_boxes_overlap_and_frames_hold_their_own_alone() {
        let cell = |value: &str| Cell { of: "test".into(), values: vec![("node".into(), value.into())] };
        let all = [needs(&[]), needs(&[0]), needs(&[0]), needs(&[0]), needs(&[1, 2]), needs(&[])];
        let cells = [None, Some(cell("18")), None, Some(cell("20")), None, None];
        let stage = Stage { name: "release".into(), description: None, jobs: vec![4, 2] };
        let drawing = spots(&all, &cells, std::slice::from_ref(&stage));
        for (at, one) in drawing.spots.iter().enumerate() {
            for other in &drawing.spots[at + 1..] {
                let apart = one.x.abs_diff(other.x) >= BOX_WIDTH || one.y.abs_diff(other.y) >= BOX_HEIGHT;
                assert!(apart, "{one:?} {other:?}");
            }
        }
        let [outer, inner] = drawing.frames.as_slice() else { panic!("{:?}", drawing.frames) };
        assert_eq!((outer.name.as_str(), inner.name.as_str()), ("release", "test × 2"));
        let holds = |frame: &Frame, spot: &Spot| {
            (frame.at.x..frame.at.x + frame.width).contains(&spot.x)
                && (frame.at.y..frame.at.y + frame.height).contains(&spot.y)
        };
        let held = |frame| (0..6).filter(|job| holds(frame, &drawing.spots[*job])).collect::<Vec<_>>();
        assert_eq!((held(outer), held(inner)), (vec![2, 4], vec![1, 3]));
    }
}
