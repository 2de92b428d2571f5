"""The custom engine: an event-driven spiking layer, compiled with numba, with a backward pass derived by hand.

`events` turns spike trains into lists of spikes, `synapse` turns spikes into currents, `neuron` turns currents into
membrane potentials and spikes, `layer` joins the two for a batch, and `network` works on two layers at once. Read them
in this order; `compiler` says how all of it is compiled.
"""
